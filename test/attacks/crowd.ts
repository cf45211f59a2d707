import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long a story waits for what must come, on a machine of any speed. */
const PATIENCE_MS = 60_000;

/** Somebody who is connected, says what he likes, and hears what he is told. */
export class Visitor {
  private heard = '';
  private isGone = false;

  constructor(private readonly socket: Socket) {
    socket.on('error', () => undefined).on('data', (chunk) => (this.heard += chunk.toString('latin1')));
    socket.once('close', () => {
      this.isGone = true;
    });
  }

  say(words: string | Buffer): void {
    this.socket.write(words);
  }

  /** Says it in a body of no announced length. */
  sayChunk(words: string): void {
    this.say(chunk(words));
  }

  async hears(words: string): Promise<void> {
    await this.until(() => this.heard.includes(words), `was never told ${words}`);
  }

  /** Told this, or shown the door: whatever he says next reaches nobody else. */
  async hearsOrLeaves(words: string): Promise<void> {
    await this.until(() => this.isGone || this.heard.includes(words), `is neither told ${words} nor let go`);
  }

  private async until(isSo: () => boolean, complaint: string): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    while (!isSo()) {
      if (performance.now() > deadline) throw new Error(`a visitor ${complaint}, but: ${this.heard}`);
      await sleep(20);
    }
  }
}

/** Connections that somebody holds for as long as a story lasts. */
export class Crowd {
  private readonly sockets: Socket[] = [];

  constructor(private readonly url: string) {}

  /** So many send the head of a request, and this much of its body. */
  async join(count: number, head: readonly string[], body: string | Buffer = ''): Promise<Visitor[]> {
    const visitors: Visitor[] = [];
    for (let n = 0; n < count; n += 1) {
      const visitor = await this.enter();
      visitor.say([...head, 'host: custody', '', ''].join('\r\n'));
      visitor.say(body);
      visitors.push(visitor);
    }
    return visitors;
  }

  async one(head: readonly string[], body: string | Buffer = ''): Promise<Visitor> {
    const [visitor] = await this.join(1, head, body);
    return visitor as Visitor;
  }

  leave(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  private async enter(): Promise<Visitor> {
    const socket = connect(Number(new URL(this.url).port), '127.0.0.1');
    this.sockets.push(socket);
    const visitor = new Visitor(socket);
    await once(socket, 'connect');
    return visitor;
  }
}

/** A piece of a body of no announced length. */
export function chunk(words: string | Buffer): Buffer {
  const bytes = Buffer.from(words);
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
}

/** All of such a body. */
export function inChunks(words: string | Buffer): Buffer {
  return Buffer.concat([chunk(words), chunk('')]);
}
