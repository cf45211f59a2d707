import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { type Client, expectStatus } from '../support/client.js';
import { link, signMetablock } from '../support/supply-chain.js';
import { carol, mallory } from './pipeline.js';
import type { Scenario } from './scenario.js';
import type { World } from './world.js';

/** Connections that somebody holds for as long as a story lasts. */
class Crowd {
  private readonly sockets: Socket[] = [];

  constructor(private readonly url: string) {}

  async join(count: number, head: readonly string[], body = ''): Promise<void> {
    for (let n = 0; n < count; n += 1) {
      const socket = connect(Number(new URL(this.url).port), '127.0.0.1');
      socket.on('error', () => undefined).resume();
      this.sockets.push(socket);
      await once(socket, 'connect');
      socket.write([...head, 'host: custody', '', body].join('\r\n'));
    }
  }

  leave(): void {
    for (const socket of this.sockets) socket.destroy();
  }
}

const bearer = ({ token }: Client): string => `authorization: Bearer ${token}`;
const JSON_TYPE = 'content-type: application/json';
const LINES = 'content-type: application/x-ndjson';

/** The tenant goes on as on any day while somebody does his worst: a build passes, and a stolen key is suspended. */
function meanwhile(name: string, hostile: (world: World, crowd: Crowd) => Promise<unknown>): Scenario {
  return {
    name: `a build and a revocation while ${name}`,
    starves: true,
    story: async (world) => {
      await world.found();
      const crowd = new Crowd(world.operator.url);
      try {
        await hostile(world, crowd);
        const build = world.build('monday');
        const ci = await world.holderOf('ingest');
        for (const bytes of build.links) await world.post(bytes, { run: 'monday' }, ci);
        await world.expectPass(build.digest);
        const suspend = `/keys/${carol.keyid}/suspend?chain=${world.chain}`;
        expectStatus(await world.operator.post(suspend, { reason: 'stolen' }), 200);
        return build.digest;
      } finally {
        crowd.leave();
      }
    },
    expect: 'fail',
    finding: 'KEY_SUSPENDED',
  };
}

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
    await world.target.query(
      `insert into subject (chain_id, digest, known_since)
       select chain.id, sha256(n::text::bytea), now() from chain, generate_series(1, $2) n where name = $1`,
      [other, world.target.flood],
    );
    expectStatus(await world.operator.postLayout(other, world.layout ?? Buffer.alloc(0)), 201);
  }),
];
