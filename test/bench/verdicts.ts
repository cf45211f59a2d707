import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Workspace } from '../demo/pipeline.js';
import { AGAINST } from './checkouts.js';
import { bareServer } from './load/floor.js';
import { httpLoad, httpRequest, type Load } from './load/http-load.js';
import { benchOptions } from './options.js';
import { profiled } from './profile.js';
import { median, percent, printEnvironment, table } from './report.js';
import { type BenchService, type ReadyService, withService } from './service.js';
import { type Send, sideBySide } from './side-by-side.js';

const options = benchOptions('GET of a stored verdict, beside a bare route that answers the same bytes', {
  requests: ['40000', 'a round, at 50 connections; fewer would measure the compiler, too'],
  rounds: ['3', 'of which the median counts'],
  profile: ['', 'file for a CPU profile of one more round'],
  against: AGAINST,
});
const TOTAL = Number(options.requests);
const CONNECTIONS = 50;

printEnvironment();
if (options.against) await sideBySide(options.against, Number(options.rounds), beginReads);
else await withService(measureBesideFloors);

/** Reads alone, for a comparison with another checkout. */
async function beginReads(service: ReadyService & { readonly scratch: string }, send: Send) {
  const path = `/verdicts/${await passedBuild(service)}`;
  const headers = { authorization: service.authorization };
  const etag = (await fetch(`${service.url}${path}`, { headers })).headers.get('etag') ?? '';
  const get = (expected: number, extra = {}) => {
    const requests = [httpRequest('GET', path, { ...headers, ...extra })];
    return send({ connections: CONNECTIONS, total: TOTAL, requests }, expected);
  };
  return async () => ({
    'GET /verdicts/sha256:…': await get(200),
    'the same, If-None-Match': await get(304, { 'if-none-match': etag }),
  });
}

async function measureBesideFloors(service: BenchService): Promise<void> {
  const path = `/verdicts/${await passedBuild(service)}`;
  const headers = { authorization: service.authorization };
  const response = await fetch(`${service.url}${path}`, { headers });
  const etag = response.headers.get('etag') ?? '';
  const body = Buffer.from(await response.arrayBuffer());
  console.log(
    `${body.length} bytes, ${CONNECTIONS} connections, ${TOTAL} requests, ${options.rounds} rounds\n`,
  );

  const bare = await bareServer((_request, reply) =>
    reply.header('content-type', 'application/json; charset=utf-8').header('etag', etag).send(body),
  );
  const served = Number(new URL(service.url).port);
  const get = (port: number, expected: number, extra = {}, at = path) => {
    const requests = [httpRequest('GET', at, { ...headers, ...extra })];
    return httpLoad({ port, connections: CONNECTIONS, total: TOTAL, requests }, expected);
  };
  const measured: Record<string, () => Promise<Load>> = {
    'floor: bare Fastify route': () => get(bare.port, 200),
    'GET /verdicts/sha256:…': () => get(served, 200),
    'the same, If-None-Match': () => get(served, 304, { 'if-none-match': etag }),
    'floor: Nest, GET /healthz': () => get(served, 200, {}, '/healthz'),
  };
  // Interleaved, so that what else the machine does meets all of them alike.
  const loads = new Map<string, Load[]>(Object.keys(measured).map((name) => [name, []]));
  for (let round = 0; round <= Number(options.rounds); round += 1) {
    for (const [name, measure] of Object.entries(measured)) {
      const load = await measure();
      // The first round is for the compiler.
      if (round > 0) loads.get(name)?.push(load);
    }
  }
  if (options.profile) await profiled(options.profile, () => get(served, 200));
  await bare.close();
  report(loads);
}

function report(loads: ReadonlyMap<string, readonly Load[]>): void {
  const summary = [...loads].map(([name, rounds]) => ({
    name,
    perSecond: median(rounds.map((load) => load.perSecond)),
    p50: median(rounds.map((load) => load.p50)),
    p99: median(rounds.map((load) => load.p99)),
    cpuMicros: median(rounds.map((load) => load.cpuMicros)),
  }));
  const floor = summary[0]?.perSecond ?? Number.NaN;
  table(
    ['median of rounds', 'requests/s', 'p50 ms', 'p99 ms', 'CPU µs each', 'of the floor', 'target'],
    summary.map(({ name, perSecond, p50, p99, cpuMicros }) => [
      name,
      perSecond,
      p50,
      p99,
      cpuMicros,
      percent(perSecond, floor),
      name.startsWith('GET') ? '≥ 70 %' : '-',
    ]),
  );
}

/** The digest of a build that has passed. */
async function passedBuild({
  scratch,
  cast,
  post,
  get,
}: ReadyService & { readonly scratch: string }): Promise<string> {
  const directory = join(scratch, 'build');
  await mkdir(directory);
  const workspace = new Workspace(directory, cast);
  const checkout = await workspace.checkout('1.0');
  const { file: build, digest } = await workspace.build();
  for (const file of [checkout, build, await workspace.scan()]) {
    await post(`/links?run=build&subject=${digest}`, await readFile(file));
  }
  while ((await get(`/verdicts/${digest}`)).verdict !== 'pass') await sleep(20);
  return digest;
}
