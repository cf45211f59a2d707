import { DataSource } from 'typeorm';
import { readLink } from '#persistence/links/read-link.js';
import { storeLinks } from '#persistence/links/store-links.js';
import { inTransaction } from '#persistence/transaction.js';
import { link, type SigningKey, signDsse } from '../support/supply-chain.js';
import { AGAINST } from './checkouts.js';
import { bareServer, blobWrites, rowCommits, syncedWrites, unnestInserts } from './load/floor.js';
import { closedLoop, httpLoad, httpRequest, type Load, type LoadOrder } from './load/http-load.js';
import { benchOptions } from './options.js';
import { profiled } from './profile.js';
import { percent, printEnvironment, table } from './report.js';
import { type BenchService, CHAIN, type ReadyService, withService } from './service.js';
import { type Send, sideBySide } from './side-by-side.js';

const options = benchOptions('uploads of 4 KiB links, beside the floor of disk, database and HTTP', {
  uploads: ['2000', 'at 10 and 50 connections; a quarter of it at 1'],
  profile: ['', 'file for a CPU profile of the uploads at 50 connections'],
  against: AGAINST,
  rounds: ['3', 'with --against'],
});
const UPLOADS = Number(options.uploads);
const CONNECTIONS = [1, 10, 50];
/** At one connection nothing is shared and everything is slow; fewer will do. */
const totalAt = (connections: number) => (connections === 1 ? Math.ceil(UPLOADS / 4) : UPLOADS);

printEnvironment();
if (options.against) await sideBySide(options.against, Number(options.rounds), beginUploads);
else await withService(measureBesideFloors);

/** Uploads alone, for a comparison with another checkout. */
async function beginUploads(service: ReadyService, send: Send) {
  return async (round: number): Promise<Record<string, Load>> => {
    const loads: Record<string, Load> = {};
    for (const connections of CONNECTIONS) {
      const bodies = signedLinks(service.cast.builder, `${round} at ${connections}`, totalAt(connections));
      const order = orderOf(service, `${round}-${connections}`, connections, bodies);
      loads[`${connections} at a time`] = await send(order, 201);
    }
    return loads;
  };
}

async function measureBesideFloors(service: BenchService): Promise<void> {
  const rows: (string | number)[][] = [];
  const make = (name: string, count: number) => signedLinks(service.cast.builder, name, count);
  const uploads: Record<number, Load> = {};
  const add = (what: string, connections: number, load: Load) => {
    const service = uploads[connections]?.perSecond ?? Number.NaN;
    rows.push([
      what,
      connections,
      load.perSecond,
      load.p50,
      load.p99,
      load.cpuMicros,
      percent(service, load.perSecond),
    ]);
  };
  await upload(service, 10, make('warm-up', UPLOADS));
  for (const connections of CONNECTIONS) {
    const bodies = make(`at ${connections}`, totalAt(connections));
    const file = connections === 50 && options.profile ? options.profile : undefined;
    uploads[connections] = await profiled(file, () => upload(service, connections, bodies));
    add('POST /links', connections, uploads[connections]);
  }
  for (const connections of CONNECTIONS) {
    const bodies = make(`floor ${connections}`, totalAt(connections));
    const total = bodies.length;
    add('floor: Fastify POST', connections, await bareUpload(connections, bodies));
    add('floor: FileBlobStore.put', connections, await blobWrites(service.scratch, connections, bodies));
    add('floor: one-row commits', connections, await rowCommits(service.databaseUrl, connections, total));
    add(
      'floor: unnest of 50 rows',
      connections,
      await unnestInserts(service.databaseUrl, connections, 10 * total),
    );
    add('floor: fdatasync of 4 KiB', connections, await syncedWrites(service.scratch, connections, total));
  }
  const bodies = make('to read', UPLOADS);
  add(
    'readLink: parse, strict checks',
    1,
    await closedLoop(1, UPLOADS, async (at) => readLink(bodies[at] ?? Buffer.alloc(0))),
  );
  for (const batch of [1, 10, 50]) {
    add(`storeLinks, ${batch} a transaction`, 10, await storeInBatches(service, batch));
  }
  table(['4 KiB links', 'at a time', 'links/s', 'p50 ms', 'p99 ms', 'CPU µs a link', 'service / this'], rows);
}

async function upload(service: BenchService, connections: number, bodies: readonly Buffer[]): Promise<Load> {
  const port = Number(new URL(service.url).port);
  const order = orderOf(service, `${bodies.length}-${connections}`, connections, bodies);
  return httpLoad({ port, ...order }, 201);
}

/** Uploads that belong to runs of three, none of them about a known subject: ingest alone, no verification. */
function orderOf(
  { authorization }: ReadyService,
  runs: string,
  connections: number,
  bodies: readonly Buffer[],
): Omit<LoadOrder, 'port'> {
  const headers = { authorization, 'content-type': 'application/json' };
  const requests = bodies.map((body, at) =>
    httpRequest('POST', `/links?run=${runs}-${Math.floor(at / 3)}`, headers, body),
  );
  return { connections, total: requests.length, requests };
}

async function bareUpload(connections: number, bodies: readonly Buffer[]): Promise<Load> {
  const server = await bareServer((_request, reply) => reply.status(201).send({ id: '0'.repeat(64) }));
  const requests = bodies.map((body) =>
    httpRequest('POST', '/links', { 'content-type': 'application/json' }, body),
  );
  try {
    return await httpLoad({ port: server.port, connections, total: 5 * bodies.length, requests }, 201);
  } finally {
    await server.close();
  }
}

/** The index alone, ten transactions at a time: what sharing a transaction among uploads would give. */
async function storeInBatches({ app, cast }: BenchService, batch: number): Promise<Load> {
  const source = app.get(DataSource);
  const [{ id: chainId }] = await source.query<[{ id: number }]>('select id from chain where name = $1', [
    CHAIN,
  ]);
  const links = signedLinks(cast.builder, `batches of ${batch}`, UPLOADS).map((bytes, at) => ({
    ...readLink(bytes),
    signers: [Buffer.alloc(32, 1)],
    run: `batch-${batch}-${Math.floor(at / 3)}`,
    attempt: 1,
    declared: undefined,
  }));
  const load = await closedLoop(10, Math.ceil(links.length / batch), (index) =>
    inTransaction(source, (tx) => storeLinks(tx, chainId, links.slice(index * batch, (index + 1) * batch))),
  );
  return { ...load, perSecond: load.perSecond * batch, cpuMicros: load.cpuMicros / batch };
}

/** Links of the chain's build step with 20 products, of which three differ from link to link. About 4 KiB each. */
function signedLinks(builder: SigningKey, name: string, count: number): Buffer[] {
  return Array.from({ length: count }, (_, at) => {
    const products = Object.fromEntries(
      Array.from({ length: 20 }, (_, file) => [
        `src/components/part-${file}.ts`,
        file < 3 ? `${name} ${at} ${file}` : `unchanged ${file}`,
      ]),
    );
    const byproducts = { 'return-value': 0, stderr: '', stdout: 'compiled\n'.repeat(70) };
    return signDsse(link('build', { products, byproducts, command: 'make all' }), builder);
  });
}
