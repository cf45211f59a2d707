import { createHash } from 'node:crypto';
import { Client } from 'pg';
import { httpLoad, httpRequest } from '../load/http-load.js';
import { figure, table, timed } from '../report.js';
import type { ReadyService } from '../service.js';
import { fillArchivista, fillCustody } from './fill.js';
import { SEARCH_BY_DIGEST } from './peer.js';

export interface Stores {
  readonly custody: ReadyService;
  readonly archivistaPort: number;
}

/** Loads both stores, then asks both for statements by the digest of a subject. */
export async function compareLookups(
  { custody, archivistaPort }: Stores,
  server: string,
  stored: number,
  lookups: number,
): Promise<void> {
  const database = (name: string) => Object.assign(new URL(server), { pathname: `/${name}` }).href;
  const [before, after] = [await sizes(database), { ours: 0, theirs: 0 }];
  const milliseconds = await timed(async () => {
    await fillCustody(database('custody_files'), stored);
    await fillArchivista(database('archivista_files'), stored);
  });
  Object.assign(after, await sizes(database));
  const perLink = (of: 'ours' | 'theirs') => (after[of] - before[of]) / stored;
  console.log(
    `\n${figure(stored)} more statements with 20 subjects put into each store by SQL, as its uploads write them ` +
      `(${figure(milliseconds / 1_000)} s).\nbytes of PostgreSQL a statement: Custody ${figure(perLink('ours'))}, ` +
      `Archivista ${figure(perLink('theirs'))}: ${figure(perLink('theirs') / perLink('ours'))} x ours\n`,
  );
  const rows: (string | number)[][] = [];
  for (const connections of [1, 10]) {
    const total = Math.ceil((lookups * connections) / 10);
    const ours = await httpLoad(
      {
        port: Number(new URL(custody.url).port),
        connections,
        total,
        requests: digests(total, stored).map((digest) =>
          httpRequest('GET', `/links?digest=sha256:${digest}`, { authorization: custody.authorization }),
        ),
      },
      200,
    );
    const fewer = Math.max(20, Math.ceil(total / 100));
    const theirs = await httpLoad(
      {
        port: archivistaPort,
        connections,
        total: fewer,
        requests: digests(fewer, stored).map((digest) =>
          httpRequest(
            'POST',
            '/v1/query',
            { 'content-type': 'application/json' },
            Buffer.from(JSON.stringify({ query: SEARCH_BY_DIGEST, variables: { algo: 'sha256', digest } })),
          ),
        ),
      },
      200,
    );
    const ratio = (a: number, b: number) => `${figure(a / b)} x`;
    rows.push(['Custody, GET /links?digest=', connections, ours.perSecond, ours.p50, ours.p99, '']);
    rows.push([
      'Archivista, search in GraphQL',
      connections,
      theirs.perSecond,
      theirs.p50,
      theirs.p99,
      `p50 ${ratio(theirs.p50, ours.p50)}, rate ${ratio(ours.perSecond, theirs.perSecond)}`,
    ]);
  }
  table(['lookups by digest', 'connections', 'lookups/s', 'p50 ms', 'p99 ms', 'Custody is faster by'], rows);
  console.log('\ntarget: at least 50 times faster');
  await sameFound(custody, archivistaPort, digests(1, stored)[0] ?? '');
}

/** Digests of stored statements, far apart. */
function digests(count: number, stored: number): string[] {
  return Array.from({ length: count }, (_, at) => {
    const statement = 1 + ((at * 7_919) % stored);
    return createHash('sha256')
      .update(`stored ${statement} ${1 + (at % 20)}`)
      .digest('hex');
  });
}

/** Both must find the one statement, or the comparison is worth nothing. */
async function sameFound(custody: ReadyService, archivistaPort: number, digest: string): Promise<void> {
  const { links } = (await custody.get(`/links?digest=sha256:${digest}`)) as { links?: unknown[] };
  const response = await fetch(`http://127.0.0.1:${archivistaPort}/v1/query`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: SEARCH_BY_DIGEST, variables: { algo: 'sha256', digest } }),
  });
  const { data } = (await response.json()) as { data?: { dsses?: { edges?: unknown[] } } };
  if (links?.length !== 1 || data?.dsses?.edges?.length !== 1) {
    throw new Error(`not the same was found: ${links?.length} and ${data?.dsses?.edges?.length} statements`);
  }
}

async function sizes(database: (name: string) => string): Promise<{ ours: number; theirs: number }> {
  const client = new Client({ connectionString: database('custody_files') });
  await client.connect();
  const { rows } = await client.query<{ ours: string; theirs: string }>(
    "select pg_database_size('custody_files') as ours, pg_database_size('archivista_files') as theirs",
  );
  await client.end();
  return { ours: Number(rows[0]?.ours), theirs: Number(rows[0]?.theirs) };
}
