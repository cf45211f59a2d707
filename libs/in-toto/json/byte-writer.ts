import { InTotoError } from '../errors.js';
import { BACKSLASH, QUOTE } from './bytes.js';

const LONE_SURROGATE = /\p{Surrogate}/u;
/** Longer strings are worth a call into native code. */
const SHORT = 128;

/** Bytes written one after the other into memory that grows. Text becomes UTF-8. */
export class ByteWriter {
  private buffer = Buffer.allocUnsafe(2048);
  private length = 0;

  bytes(): Uint8Array {
    return this.buffer.subarray(0, this.length);
  }

  byte(value: number): void {
    if (this.length === this.buffer.length) this.reserve(1);
    this.buffer[this.length++] = value;
  }

  ascii(text: string): void {
    this.reserve(text.length);
    this.length += this.buffer.write(text, this.length, 'latin1');
  }

  /** Writes the text with a `\` before every `"` and `\`. Throws JSON_INVALID for a lone surrogate, which has no UTF-8 form. */
  escaped(text: string): void {
    if (text.length > SHORT) {
      this.escapedByNative(text);
      return;
    }
    this.reserve(2 * text.length);
    const { buffer } = this;
    const start = this.length;
    let at = start;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit >= 0x80) {
        this.escapedByNative(text);
        return;
      }
      if (unit === QUOTE || unit === BACKSLASH) buffer[at++] = BACKSLASH;
      buffer[at++] = unit;
    }
    this.length = at;
  }

  private escapedByNative(text: string): void {
    if (LONE_SURROGATE.test(text))
      throw new InTotoError('JSON_INVALID', 'a lone surrogate has no UTF-8 form');
    const escaped = text.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
    this.reserve(Buffer.byteLength(escaped));
    this.length += this.buffer.write(escaped, this.length);
  }

  private reserve(count: number): void {
    const wanted = this.length + count;
    if (wanted <= this.buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(wanted, 2 * this.buffer.length));
    this.buffer.copy(grown, 0, 0, this.length);
    this.buffer = grown;
  }
}
