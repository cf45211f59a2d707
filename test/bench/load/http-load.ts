import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { percentile } from '../report.js';

export interface LoadOrder {
  readonly port: number;
  readonly connections: number;
  readonly total: number;
  /** Whole HTTP requests, sent in this order, again from the start when there are fewer than `total`. */
  readonly requests: readonly Buffer[];
}

export interface LoadReport {
  readonly seconds: number;
  readonly milliseconds: readonly number[];
  readonly statuses: Readonly<Record<string, number>>;
}

export interface Load {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  /** CPU of the server's process: what other programs on the machine take is not in it. */
  readonly cpuMicros: number;
}

const ownCpuSeconds = async (): Promise<number> => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000_000;
};

/**
 * Sends the requests from another process. Any answer but `expected` makes the figures worthless. `cpuSeconds` tells what
 * the server has used so far; unless given, the server is this process.
 */
export async function httpLoad(
  order: LoadOrder,
  expected: number,
  cpuSeconds = ownCpuSeconds,
): Promise<Load> {
  const client = fork(fileURLToPath(new URL('./client.js', import.meta.url)), {
    serialization: 'advanced',
    execArgv: [],
  });
  await once(client, 'spawn');
  const before = await cpuSeconds();
  client.send(order);
  const [report] = (await Promise.race([once(client, 'message'), once(client, 'exit')])) as [LoadReport];
  if (report?.statuses?.[expected] !== order.total) {
    throw new Error(`expected ${order.total} answers ${expected}, got ${JSON.stringify(report?.statuses)}`);
  }
  return summarise(order.total, report.seconds, report.milliseconds, (await cpuSeconds()) - before);
}

/** The same for work in this process: so many at a time, each begun when another is done. */
export async function closedLoop(
  atATime: number,
  total: number,
  work: (index: number) => Promise<unknown>,
): Promise<Load> {
  const milliseconds: number[] = [];
  let begun = 0;
  const before = await ownCpuSeconds();
  const start = performance.now();
  const worker = async (): Promise<void> => {
    while (begun < total) {
      const index = begun;
      begun += 1;
      const began = performance.now();
      await work(index);
      milliseconds.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: atATime }, worker));
  const seconds = (performance.now() - start) / 1_000;
  return summarise(total, seconds, milliseconds, (await ownCpuSeconds()) - before);
}

function summarise(
  total: number,
  seconds: number,
  milliseconds: readonly number[],
  cpuSeconds: number,
): Load {
  return {
    cpuMicros: (1_000_000 * cpuSeconds) / total,
    perSecond: total / seconds,
    p50: percentile(milliseconds, 0.5),
    p99: percentile(milliseconds, 0.99),
  };
}

/** A request as it goes over the wire. */
export function httpRequest(
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body: Buffer = Buffer.alloc(0),
): Buffer {
  const all = {
    host: '127.0.0.1',
    ...headers,
    ...(body.length > 0 ? { 'content-length': body.length } : {}),
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`), body]);
}
