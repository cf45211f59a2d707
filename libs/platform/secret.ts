import { hash, timingSafeEqual } from 'node:crypto';
import { inspect } from 'node:util';

/** A value that shows itself only when asked by name: printing, logging or serialising it gives `[redacted]`. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  static from(value: string | undefined): Secret | undefined {
    return value === undefined ? undefined : new Secret(value);
  }

  reveal(): string {
    return this.#value;
  }

  /** Takes as long for a text that is nearly right as for any other of its length. */
  equals(text: string): boolean {
    return timingSafeEqual(digestOf(text), digestOf(this.#value));
  }

  toString(): string {
    return '[redacted]';
  }

  toJSON(): string {
    return '[redacted]';
  }

  [inspect.custom](): string {
    return '[redacted]';
  }
}

function digestOf(text: string): Buffer {
  return Buffer.from(hash('sha256', text, 'base64'), 'base64');
}
