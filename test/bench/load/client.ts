import { connect } from 'node:net';
import type { LoadOrder, LoadReport } from './http-load.js';

/**
 * The other side of a benchmark, in a process of its own: sends prepared requests over some connections, each waiting
 * for its answer before it sends the next. Plain sockets, since a full HTTP client costs as much as the server and would
 * take half of a small machine from it.
 */
process.once('message', (order: LoadOrder) => {
  run(order).then(
    (report) => process.send?.(report, () => process.exit(0)),
    (error: Error) => {
      process.stderr.write(`${error.message}\n`);
      process.exit(1);
    },
  );
});

async function run({ port, connections, total, requests }: LoadOrder): Promise<LoadReport> {
  const milliseconds: number[] = [];
  const statuses: Record<string, number> = {};
  let sent = 0;
  const start = performance.now();
  const worker = async (): Promise<void> => {
    const exchange = await open(port);
    while (sent < total) {
      const request = requests[sent % requests.length] ?? Buffer.alloc(0);
      sent += 1;
      const began = performance.now();
      const status = await exchange(request);
      milliseconds.push(performance.now() - began);
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: connections }, worker));
  return { seconds: (performance.now() - start) / 1_000, milliseconds, statuses };
}

/** A connection as a function from request to status. */
async function open(port: number): Promise<(request: Buffer) => Promise<string>> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  let received = '';
  let answered: (status: string) => void = () => {};
  let failed: (error: Error) => void = () => {};
  socket.setEncoding('latin1');
  socket.on('error', (error) => failed(error));
  socket.on('close', () => failed(new Error('the server closed a connection')));
  socket.on('data', (chunk: string) => {
    received += chunk;
    const length = answerLength(received);
    if (length !== undefined && received.length >= length) {
      const status = received.slice(9, 12);
      received = received.slice(length);
      answered(status);
    }
  });
  await new Promise((resolve, reject) => {
    failed = reject;
    socket.once('connect', resolve);
  });
  return (request) =>
    new Promise((resolve, reject) => {
      answered = resolve;
      failed = reject;
      socket.write(request);
    });
}

/** Bytes of the answer that begins here, once its head is there. The servers measured never answer in chunks. */
function answerLength(text: string): number | undefined {
  const head = text.indexOf('\r\n\r\n');
  if (head === -1) return undefined;
  const [, length = '0'] = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, head)) ?? [];
  return head + 4 + Number(length);
}
