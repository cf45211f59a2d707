import { request } from 'node:http';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { link, type SigningKey, signDsse } from '../support/supply-chain.js';
import { benchOptions } from './options.js';
import { figure, printEnvironment, table } from './report.js';
import { metricOf, type ReadyService, withProgram } from './service.js';

const MIB = 1024 * 1024;
const options = benchOptions('memory of the service while it takes one large batch', {
  mib: ['200', 'size of the body'],
  line: ['32', 'KiB of each line'],
});
const LARGE = Number(options.mib);

interface Batch {
  readonly mib: number;
  readonly stored: number;
  readonly seconds: number;
  /** Most that the service's process had in memory meanwhile, in MiB. */
  readonly resident: number;
}

printEnvironment();
await withProgram({}, async (service) => {
  const idle = await residentMib(service);
  // The first batch is for the compiler, and for the heap to take its size.
  const rows = [
    await take(service, 'first', 20),
    await take(service, 'small', 20),
    await take(service, 'large', LARGE),
  ];
  table(
    ['one batch', 'links stored', 'links/s', 'MiB/s', 'resident MiB at most', 'more than idle'],
    rows.map(({ mib, stored, seconds, resident }) => [
      `${figure(mib)} MiB`,
      stored,
      stored / seconds,
      mib / seconds,
      resident,
      resident - idle,
    ]),
  );
  console.log(
    `\nidle: ${figure(idle)} MiB. Bounded memory: the last two rows differ by much less than their bodies.`,
  );
});

async function take(service: ReadyService, name: string, mib: number): Promise<Batch> {
  let resident = 0;
  let isOver = false;
  const watching = (async () => {
    for (; !isOver; await sleep(100)) resident = Math.max(resident, await residentMib(service));
  })();
  const start = performance.now();
  const statuses = await post(service, links(service.cast.builder, name, mib * MIB));
  const seconds = (performance.now() - start) / 1_000;
  isOver = true;
  await watching;
  const others = [...statuses.keys()].filter((status) => status !== 201);
  if (others.length > 0) throw new Error(`lines were answered with ${others}`);
  return { mib, stored: statuses.get(201) ?? 0, seconds, resident };
}

/** Links on one line each, signed while they are sent, all different. */
function* links(builder: SigningKey, name: string, bytes: number): Generator<Buffer> {
  // Base64 makes four of three.
  const stdout = 'x'.repeat(Number(options.line) * 768);
  for (let sent = 0, at = 0; sent < bytes; at += 1) {
    const file = signDsse(
      link('build', { byproducts: { stdout }, products: { app: `${name} ${at}` } }),
      builder,
    );
    const line = Buffer.from(`${JSON.stringify(JSON.parse(file.toString()))}\n`);
    sent += line.length;
    yield line;
  }
}

/** Sends the lines and reads the answers at the same time; how many lines were answered with which status. */
function post({ url, authorization }: ReadyService, lines: Iterable<Buffer>): Promise<Map<number, number>> {
  return new Promise((resolve, reject) => {
    const headers = { authorization, 'content-type': 'application/x-ndjson' };
    const outgoing = request(
      `${url}/links/batch?run=batch`,
      { method: 'POST', headers },
      async (response) => {
        const statuses = new Map<number, number>();
        for await (const answer of createInterface({ input: response })) {
          const { status } = JSON.parse(answer) as { status: number };
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
        }
        resolve(statuses);
      },
    );
    pipeline(Readable.from(lines), outgoing).catch(reject);
  });
}

async function residentMib({ url }: ReadyService): Promise<number> {
  return (await metricOf(url, 'process_resident_memory_bytes')) / MIB;
}
