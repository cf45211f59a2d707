import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { type Client, expectStatus, type Reply } from '../support/client.js';
import { link, sha256Hex, signDsse, signMetablock } from '../support/supply-chain.js';
import { Crowd, chunk, inChunks } from './crowd.js';
import { carol, mallory } from './pipeline.js';
import type { Scenario } from './scenario.js';
import type { World } from './world.js';

const bearer = ({ token }: Client): string => `authorization: Bearer ${token}`;
const JSON_TYPE = 'content-type: application/json';
const LINES = 'content-type: application/x-ndjson';

const GZIP = 'content-encoding: gzip';
const CHUNKED = 'transfer-encoding: chunked';

/** What must have become of it in the end. */
type Aftermath = () => Promise<unknown>;

/**
 * The tenant goes on as on any day while somebody does his worst: a build passes, and a stolen key is suspended. What is
 * still under way when `hostile` returns goes on beside it, and is judged by what `hostile` returns.
 */
function meanwhile(
  name: string,
  hostile: (world: World, crowd: Crowd) => Promise<Aftermath | unknown>,
): Scenario {
  return {
    name: `a build and a revocation while ${name}`,
    starves: true,
    story: async (world) => {
      await world.found();
      const crowd = new Crowd(world.operator.url);
      try {
        const aftermath = await hostile(world, crowd);
        const build = world.build('monday');
        const ci = await world.holderOf('ingest');
        for (const bytes of build.links) await world.post(bytes, { run: 'monday' }, ci);
        await world.expectPass(build.digest);
        if (typeof aftermath === 'function') await aftermath();
        const suspend = `/keys/${carol.keyid}/suspend?chain=${world.chain}`;
        expectStatus(await world.operator.post(suspend, { reason: 'stolen' }), 200);
        await world.untilDenied(build.digest);
        return build.digest;
      } finally {
        crowd.leave();
      }
    },
    expect: 'fail',
    finding: 'KEY_SUSPENDED',
  };
}

/** Bodies without a token, in each way in which a body can come. */
const UNWANTED: readonly (readonly [how: string, head: readonly string[], body: () => string | Buffer])[] = [
  [
    'small bodies that unfold to megabytes',
    ['POST /links HTTP/1.1', JSON_TYPE, GZIP, CHUNKED],
    () => inChunks(bomb()),
  ],
  [
    'bodies in chunks',
    ['POST /links HTTP/1.1', JSON_TYPE, CHUNKED],
    () => inChunks(Buffer.alloc(300_000, ' ')),
  ],
  ['lines in gzip', ['POST /links/batch HTTP/1.1', LINES, GZIP, CHUNKED], () => inChunks(bomb())],
  [
    'lines in chunks, and never an end',
    ['POST /links/batch HTTP/1.1', LINES, CHUNKED],
    () => chunk(' '.repeat(300_000)),
  ],
];

export const starvation: readonly Scenario[] = [
  meanwhile('strangers announce bodies and send none', (_, crowd) =>
    crowd.join(100, ['POST /links HTTP/1.1', JSON_TYPE, 'content-length: 10485760']),
  ),
  meanwhile('strangers announce bodies in chunks and send none', (_, crowd) =>
    crowd.join(100, ['POST /layouts HTTP/1.1', JSON_TYPE, 'transfer-encoding: chunked']),
  ),
  meanwhile('another token of the chain announces bodies and sends none', async (world, crowd) => {
    const thief = await world.holderOf('ingest');
    await crowd.join(100, ['POST /links HTTP/1.1', bearer(thief), JSON_TYPE, 'content-length: 10485760']);
  }),
  meanwhile('another token of the chain sends half of large bodies', async (world, crowd) => {
    const thief = await world.holderOf('ingest');
    const head = ['POST /links HTTP/1.1', bearer(thief), JSON_TYPE, 'content-length: 10485760'];
    await crowd.join(12, head, ' '.repeat(5_000_000));
  }),
  meanwhile('another token of the chain opens batches that drip', async (world, crowd) => {
    const thief = await world.holderOf('ingest');
    await crowd.join(
      60,
      ['POST /links/batch HTTP/1.1', bearer(thief), LINES, 'content-length: 99999'],
      '{}\n',
    );
  }),
  meanwhile('another token of the chain posts manifests on very many connections', async (world) => {
    const thief = await world.holderOf('ingest');
    const post = (n: number) =>
      thief.post(`/subjects/manifests?chain=${world.chain}`, {
        schemaVersion: 2,
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        config: { digest: `sha256:${n.toString(16).padStart(64, '0')}` },
        layers: [],
      });
    // They go on while the build is posted.
    void Promise.allSettled(Array.from({ length: 200 }, (_, n) => post(n)));
  }),
  meanwhile('another token of the chain posts blank lines by the megabyte, in gzip', async (world) => {
    const thief = await world.holderOf('ingest');
    const body = gzipSync(Buffer.alloc(32 * 1024 * 1024, '\n'));
    const headers = { 'content-type': 'application/x-ndjson', 'content-encoding': 'gzip' };
    const post = () => thief.post(`/links/batch?chain=${world.chain}`, body, headers);
    void Promise.allSettled(Array.from({ length: 20 }, post));
  }),
  meanwhile('strangers send lines that nobody wants', (_, crowd) =>
    crowd.join(40, ['POST /links/batch HTTP/1.1', LINES, 'content-length: 300000'], ' '.repeat(300_000)),
  ),
  ...UNWANTED.map(([how, head, body]) =>
    meanwhile(`strangers send ${how} that nobody wants, and go on asking`, async (_, crowd) => {
      const strangers = await crowd.join(10, head, body());
      return async () => {
        for (const stranger of strangers) {
          await stranger.hears('HTTP/1.1 401');
          stranger.say('GET /healthz HTTP/1.1\r\nhost: custody\r\n\r\n');
        }
        for (const stranger of strangers) await stranger.hearsOrLeaves('HTTP/1.1 200');
      };
    }),
  ),
  meanwhile('strangers make up tokens', async (world) => {
    const made = (n: number) =>
      world.operator.as(`custody_${n.toString(16).padStart(16, '0')}_${'0'.repeat(64)}`);
    const statuses = new Set<number>();
    for (let asked = 0; asked < 1_500; asked += 50) {
      const wave = Array.from({ length: 50 }, (_, n) => made(asked + n).get(`/keys?chain=${world.chain}`));
      for (const { status } of await Promise.all(wave)) statuses.add(status);
    }
    statuses.delete(429);
    if ([...statuses].join() !== '401') throw new Error(`made-up tokens were answered ${[...statuses]}`);
  }),
  meanwhile('forged links with very many key ids join its run', async (world) => {
    for (let n = 0; n < 6; n += 1) {
      const signatures = Array.from({ length: 4_000 }, (_, at) => ({
        keyid: `${n}-${at}`.padEnd(120, 'k'),
        sig: '00',
      }));
      const forged = JSON.parse(signMetablock(link('scan', { byproducts: { n } }), mallory).toString());
      await world.offer(Buffer.from(JSON.stringify({ ...forged, signatures })), { run: 'monday' });
    }
  }),
  meanwhile('a link of very many files is posted in a run, and then without', async (world) => {
    const files = Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`file ${n}`, `${n}`]));
    const large = signMetablock(link('scan', { products: files }), carol);
    await world.post(large, { run: 'large' });
    await world.post(large);
  }),
  meanwhile('another chain has thousands of digests to verify', async (world) => {
    const other = `${world.chain}-flood`;
    expectStatus(await world.operator.createChain(other, ...world.owners), 201);
    await world.knowMany(other, world.target.flood);
    expectStatus(await world.operator.postLayout(other, world.layout ?? Buffer.alloc(0)), 201);
  }),
  meanwhile('another token of the chain posts small bodies that unfold to megabytes', async (world) => {
    const thief = await world.holderOf('ingest');
    const posted = postedAtOnce(40, thief, world, bomb());
    return () => expectRefusals(posted, 'JSON_TOO_LARGE');
  }),
  meanwhile('envelopes with thousands of signatures in a name of its own join its run', async (world) => {
    const thief = await world.holderOf('ingest');
    const posted = postedAtOnce(6, thief, world, overSigned());
    return () => expectRefusals(posted, 'TOO_MANY_SIGNATURES');
  }),
  meanwhile('another token of the chain posts what is too large, and is told so', async (world) => {
    const thief = await world.holderOf('ingest');
    const body = Buffer.alloc(12_000_000, ' ');
    const posted = Array.from({ length: 5 }, () =>
      thief.post(`/links?chain=${world.chain}&run=monday`, body),
    );
    return () => expectRefusals(posted, 'BODY_TOO_LARGE');
  }),
  meanwhile('eight large links join the run of another build, which has passed', async (world) => {
    const sunday = world.build('sunday');
    await world.postBuild(sunday, { run: 'sunday' });
    await world.expectPass(sunday.digest);
    const thief = await world.holderOf('ingest');
    for (let n = 0; n < 8; n += 1) await world.post(forgedAndLarge(n), { run: 'sunday' }, thief);
    return () => world.expectPass(sunday.digest);
  }),
  meanwhile('a token is revoked whose batch is open', async (world, crowd) => {
    const [thief, ci] = [await revocable(world, 'ingest'), await world.holderOf('ingest')];
    const batchOf = (client: Client) =>
      crowd.one(['POST /links/batch?run=sunday HTTP/1.1', bearer(client), LINES, CHUNKED]);
    const [stolen, own] = [await batchOf(thief.client), await batchOf(ci)];
    const [first, second, third] = world.build('sunday').links.map(oneLine) as [string, string, string];
    stolen.sayChunk(first);
    await stolen.hears('"status":201');
    await thief.revoke();
    await sleep(REVOKED_AFTER_MS);
    stolen.sayChunk(second);
    own.sayChunk(third);
    return async () => {
      await own.hears('"status":201');
      await stolen.hears('TOKEN_INVALID');
      const late = await world.operator.get(`/links/${sha256Hex(second.trim())}?chain=${world.chain}`);
      if (late.status !== 404) throw new Error('a revoked token has stored a link');
    };
  }),
  meanwhile('a token is revoked that listens to a replay', async (world, crowd) => {
    const sunday = world.build('sunday');
    await world.postBuild(sunday, { run: 'sunday' });
    await world.expectPass(sunday.digest);
    await world.copyVerdict(sunday.digest, 200);
    const [spy, { operator }] = [await revocable(world, 'operate'), world];
    const order = { filter: { chain: world.chain, all: true }, reason: 'a story', rate: 1 };
    const { id } = expectStatus(await operator.post('/replays', order), 201).body;
    const listener = await crowd.one([`GET /replays/${id}/events HTTP/1.1`, bearer(spy.client)]);
    await listener.hears('event: progress');
    await spy.revoke();
    await sleep(REVOKED_AFTER_MS);
    return async () => {
      await listener.hears('TOKEN_INVALID');
      await listener.hears(END_OF_BODY);
      expectStatus(await operator.post(`/replays/${id}/cancel`, { reason: 'the story is over' }), 200);
    };
  }),
];

/** A revoked token works for at most so long in any process. */
const REVOKED_AFTER_MS = 2_000;
/** The last chunk of an answer. */
const END_OF_BODY = '\r\n0\r\n\r\n';

async function revocable(world: World, scope: string): Promise<{ client: Client; revoke: Aftermath }> {
  const order = { name: 'stolen', scopes: [scope], chain: world.chain };
  const { id, token } = expectStatus(await world.operator.post('/tokens', order), 201).body;
  return {
    client: world.operator.as(String(token)),
    revoke: () => world.operator.call(`/tokens/${id}`, { method: 'DELETE' }),
  };
}

/** Each must be told what is wrong with it, or that there is too much: no answer may be lost. */
async function expectRefusals(posted: readonly Promise<Reply>[], code: string): Promise<void> {
  const said = (await Promise.all(posted)).map(({ body }) => String(body.code));
  const others = said.filter((each) => each !== code && each !== 'OVERLOADED');
  if (others.length > 0 || !said.includes(code)) throw new Error(`told ${said.join(', ')} and not ${code}`);
}

/** What is posted is made once: whoever plays the story shares a process with the service. */
function postedAtOnce(count: number, client: Client, { chain }: World, body: Buffer): Promise<Reply>[] {
  const headers = { 'content-encoding': 'gzip' };
  return Array.from({ length: count }, () => client.post(`/links?chain=${chain}&run=monday`, body, headers));
}

const oneLine = (file: Buffer): string => `${JSON.stringify(JSON.parse(file.toString()))}\n`;

/** A link in Carol's name, by somebody without her key, whose byproducts hold this text. */
function forged(n: number, inner: string): string {
  const signed = { ...link('scan'), byproducts: { n, a: '@' } };
  const file = { signatures: [{ keyid: carol.keyid, sig: '00' }], signed };
  return JSON.stringify(file).replace('"@"', inner);
}

const made: { bomb?: Buffer; overSigned?: Buffer } = {};

/** Some kilobytes of gzip that unfold to 10 MiB, of which a parser would make hundreds. */
function bomb(): Buffer {
  made.bomb ??= gzipSync(forged(0, `[${'{},'.repeat(3_490_000)}{}]`));
  return made.bomb;
}

/** An envelope of 5 MB that Carol has signed, so often that checking it would take seconds. */
function overSigned(): Buffer {
  if (!made.overSigned) {
    const payload = link('scan', { byproducts: { a: 'x'.repeat(3_000_000) } });
    const file = JSON.parse(signDsse(payload, carol).toString());
    made.overSigned = gzipSync(
      JSON.stringify({ ...file, signatures: Array(4_000).fill(file.signatures[0]) }),
    );
  }
  return made.overSigned;
}

/** Within every limit, as large in memory as a file comes. */
function forgedAndLarge(n: number): Buffer {
  return Buffer.from(
    forged(n, JSON.stringify(Array.from({ length: 60_000 }, (_, at) => ({ [`k${at}`]: 0 })))),
  );
}
