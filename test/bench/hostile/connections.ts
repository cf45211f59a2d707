import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { count, type Order, type Tally } from './order.js';

export type Send = (text: string) => void;

/** Begins on a new connection; what it returns is done every second from then on. */
export type Habit = (send: Send) => ((second: number) => void) | undefined;

export const LINES = 'content-type: application/x-ndjson';

export function head(method: string, path: string, ...fields: readonly string[]): string {
  return [`${method} ${path} HTTP/1.1`, 'host: custody', ...fields, '', ''].join('\r\n');
}

const madeUp = (): string =>
  `authorization: Bearer custody_${randomBytes(8).toString('hex')}_${'0'.repeat(64)}`;

const UNWANTED = ' '.repeat(200_000);

/** What those who have no token do with a connection. */
const strangers: readonly Habit[] = [
  // Nothing.
  () => undefined,
  // Never says what it wants.
  (send) => {
    send('POST /links HTTP/1.1\r\nhost: custody\r\n');
    return () => send('x-more: 1\r\n');
  },
  // Announces what it never sends.
  (send) => {
    send(head('POST', '/links', 'content-type: application/json', 'content-length: 10485760'));
    return undefined;
  },
  // Sends what nobody wants, and again on the same connection.
  (send) => (second) => {
    const length = `content-length: ${UNWANTED.length}`;
    if (second % 10 === 1) send(head('POST', '/links/batch', madeUp(), LINES, length) + UNWANTED);
  },
  // Makes up tokens.
  (send) => () => send(head('GET', `/verdicts/sha256:${'0'.repeat(64)}`, madeUp())),
];

export function holdConnections({ port, connections }: Order, tally: Tally): void {
  for (let n = 0; n < connections; n += 1) {
    const habit = strangers[n % strangers.length];
    if (habit) void keepOpen(port, n, tally, habit);
  }
}

/** A connection with this habit, and another one a second after it has ended. */
export async function keepOpen(port: number, n: number, tally: Tally, habit: Habit): Promise<void> {
  // Spread over a second: no backlog holds thousands.
  await sleep(n % 1_000);
  for (;;) {
    await live(open(port, n), tally, habit);
    await sleep(1_000);
  }
}

/** From one of many addresses: one alone has not the ports for what follows thousands of connections that ended. */
function open(port: number, n: number): Socket {
  return connect({ port, host: '127.0.0.1', localAddress: `127.0.1.${1 + (n % 50)}` });
}

function live(socket: Socket, tally: Tally, habit: Habit): Promise<void> {
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    let answered = false;
    const send: Send = (text) => {
      // What the other side does not take is not piled up here.
      if (!socket.writable || socket.writableNeedDrain) return;
      tally.bytes += text.length;
      socket.write(text, 'latin1');
    };
    socket.setEncoding('latin1');
    socket.once('connect', () => {
      const again = habit(send);
      let second = 0;
      if (!again) return;
      timer = setInterval(() => {
        second += 1;
        again(second);
      }, 1_000);
    });
    socket.on('data', (text: string) => {
      for (const [, status = ''] of text.matchAll(/HTTP\/1\.1 (\d{3})/g)) {
        answered = true;
        count(tally, status);
      }
    });
    socket.on('error', () => undefined);
    socket.once('close', () => {
      clearInterval(timer);
      if (!answered) count(tally, 'closed');
      resolve();
    });
  });
}
