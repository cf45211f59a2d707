import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, expectStatus, type Reply } from '../support/client.js';
import { exampleChain } from '../support/example-chain.js';
import { type Route, routesOf } from '../support/routes.js';
import { type Service, startService } from '../support/service.js';
import { sha256Hex } from '../support/supply-chain.js';

/** Who may use what. A route that is not in here fails the first test. */
const SCOPES: Readonly<Record<string, readonly string[]>> = {
  'GET /healthz': ['public'],
  'GET /readyz': ['public'],
  // Asks for the scraper's token itself: operation.spec.ts.
  'GET /metrics': ['public'],
  'GET /openapi.json': ['public'],
  'POST /tokens': ['operate'],
  'GET /tokens': ['operate'],
  'DELETE /tokens/:id': ['operate'],
  'POST /chains': ['operate'],
  'GET /chains': ['read', 'operate'],
  'PUT /chains/settings': ['operate'],
  'POST /layouts': ['operate'],
  'GET /layouts': ['read', 'operate'],
  'GET /layouts/:id': ['read', 'operate'],
  'POST /roots': ['operate'],
  'GET /roots': ['read', 'operate'],
  'GET /roots/:version': ['read', 'operate'],
  'POST /keys': ['operate'],
  'GET /keys': ['read', 'operate'],
  'GET /keys/:key': ['read', 'operate'],
  'POST /keys/:key/retire': ['operate'],
  'POST /keys/:key/suspend': ['operate'],
  'POST /keys/:key/lift': ['operate'],
  'POST /keys/:key/compromise': ['operate'],
  'POST /keys/:key/misissue': ['operate'],
  'POST /keys/:key/undo': ['operate'],
  'GET /events': ['read', 'operate'],
  'POST /replays': ['operate'],
  'GET /replays': ['operate'],
  'GET /replays/:id': ['operate'],
  'GET /replays/:id/events': ['operate'],
  'GET /replays/:id/flips': ['operate'],
  'POST /replays/:id/apply': ['operate'],
  'POST /replays/:id/approve': ['operate'],
  'POST /replays/:id/pause': ['operate'],
  'POST /replays/:id/resume': ['operate'],
  'POST /replays/:id/cancel': ['operate'],
  'POST /links': ['ingest'],
  'POST /links/batch': ['ingest'],
  'GET /links': ['read'],
  'GET /links/:id': ['read', 'ingest'],
  'POST /subjects/manifests': ['ingest'],
  'GET /marks': ['operate'],
  'POST /marks/retry': ['operate'],
  'GET /verdicts/:digest': ['read'],
  'GET /verdicts/:digest/explain': ['read'],
  'GET /verdicts/:digest/history': ['read'],
};
const EVERY_SCOPE = ['ingest', 'read', 'operate'];

const ours = exampleChain({ seed: 'ours' });
const [ourLink] = ours.links;
const linkBytes = ourLink?.bytes ?? Buffer.alloc(0);

/** What exists in our chain, and the like of it that exists nowhere. */
const REAL = {
  chain: 'acme/ours',
  link: sha256Hex(linkBytes),
  layout: sha256Hex(ours.layout),
  digest: ours.imageDigest,
  key: ours.functionaries.alice.keyid,
  replay: '1',
};
const UNREAL = {
  chain: 'acme/none',
  link: sha256Hex('no link'),
  layout: sha256Hex('no layout'),
  digest: `sha256:${sha256Hex('no')}`,
  key: sha256Hex('no key'),
  replay: '999',
};

describe('access', () => {
  let service: Service;
  let operator: Client;
  let routes: Route[];

  beforeAll(async () => {
    service = await startService();
    operator = service.operator;
    routes = routesOf(service.app);
    await operator.found(REAL.chain, ours);
    await operator.postRun(ours, { chain: REAL.chain, run: '1', subject: ours.imageDigest });
    await operator.waitForVerdict(ours.imageDigest, 'pass');
    await operator.found('acme/theirs', exampleChain({ seed: 'theirs' }));
    const replay = await operator.post('/replays', { filter: { chain: REAL.chain }, reason: 'a test' });
    expect(replay.body.id).toBe(REAL.replay);
  });

  afterAll(() => service.stop());

  const nameOf = ({ method, path }: Route): string => `${method === 'HEAD' ? 'GET' : method} ${path}`;
  const closed = () => routes.filter((route) => !SCOPES[nameOf(route)]?.includes('public'));

  const use = (
    client: Client,
    { method, path }: Route,
    what: typeof REAL,
    withChain = true,
  ): Promise<Reply> => {
    const [, kind = ''] = path.split('/');
    const id = { layouts: what.layout, replays: what.replay }[kind] ?? what.link;
    const address = path.replace(':id', id).replace(':digest', what.digest).replace(':key', what.key);
    const act = path.split('/').at(-1) ?? '';
    const more = {
      undo: { undoes: '1' },
      apply: { planDigest: what.link },
      replays: { filter: { chain: what.chain } },
    }[act];
    const sent = /^\/keys\/:key\/|^\/replays/.test(path)
      ? JSON.stringify({ reason: 'a test', ...more })
      : path === '/layouts'
        ? ours.layout
        : linkBytes;
    const body = method === 'POST' || method === 'PUT' ? { body: sent } : {};
    return client.call(withChain ? `${address}?chain=${what.chain}` : address, { method, ...body });
  };

  /** What the caller is told on every route that is not public, each different answer once. */
  const answersTo = async (client: Client, where = closed()): Promise<string[]> => {
    const replies = await Promise.all(
      where.map(async (route) => [route, await use(client, route, REAL)] as const),
    );
    return [
      ...new Set(
        replies.map(([{ method }, { status, body }]) =>
          method === 'HEAD' ? `${status}` : `${status} ${body.code}`,
        ),
      ),
    ].sort();
  };

  it('is decided for every route', () => {
    expect([...new Set(routes.map(nameOf))].sort()).toEqual(Object.keys(SCOPES).sort());
  });

  it('is refused everywhere without a token', async () => {
    expect(await answersTo(operator.as(undefined))).toEqual(['401', '401 TOKEN_MISSING']);
  });

  it('is refused everywhere with something that is no valid token', async () => {
    const right = operator.token ?? '';
    const wrongSecret = right.slice(0, -1) + (right.endsWith('0') ? '1' : '0');
    const unknown = `custody_${'0'.repeat(16)}_${'0'.repeat(64)}`;
    for (const token of [wrongSecret, unknown, 'guess', `${right}0`, right.toUpperCase()]) {
      expect(await answersTo(operator.as(token))).toEqual(['401', '401 TOKEN_INVALID']);
    }
  });

  it('is refused everywhere after the token has expired or was revoked', async () => {
    for (const end of ['expires_at = now()', 'revoked_at = now()']) {
      const token = await operator.createToken(EVERY_SCOPE);
      await service.query(`update access_token set ${end} where id = $1`, [token.split('_')[1]]);
      expect(await answersTo(operator.as(token))).toEqual(['401', '401 TOKEN_INVALID']);
    }
  });

  it.each(EVERY_SCOPE)('with the scope %s ends where that scope ends', async (scope) => {
    const client = operator.as(await operator.createToken([scope]));
    const [forbidden, permitted] = [false, true].map((isAllowed) =>
      closed().filter((route) => SCOPES[nameOf(route)]?.includes(scope) === isAllowed),
    );
    expect(await answersTo(client, forbidden)).toEqual(['403', '403 SCOPE_MISSING']);
    expect((await answersTo(client, permitted)).filter((answer) => /^40[13]/.test(answer))).toEqual([]);
  });

  it('with a token of another chain tells nothing about ours, not even that it exists', async () => {
    const stranger = operator.as(await operator.createToken(EVERY_SCOPE, 'acme/theirs'));
    const told = ({ status, body: { instance: _, ...body } }: Reply) => ({ status, body });
    for (const route of closed()) {
      for (const withChain of [true, false]) {
        if (route.method === 'POST' && !withChain) continue;
        const [real, unreal] = [
          await use(stranger, route, REAL, withChain),
          await use(stranger, route, UNREAL, withChain),
        ];
        expect({ route, ...told(real) }).toEqual({ route, ...told(unreal) });
        expect(`${real.bytes}`).not.toMatch(/acme\/ours|src\/file/);
      }
    }
  });

  it('to what exists is 404 for a token of another chain', async () => {
    const stranger = operator.as(await operator.createToken(EVERY_SCOPE, 'acme/theirs'));
    for (const path of [`/links/${REAL.link}`, `/layouts/${REAL.layout}`, `/verdicts/${REAL.digest}`]) {
      expect((await stranger.get(path)).status).toBe(404);
      expect((await stranger.get(`${path}?chain=${REAL.chain}`)).status).toBe(404);
    }
  });

  it('does not grow: an operator of one chain makes no tokens', async () => {
    const bound = operator.as(await operator.createToken(['operate'], 'acme/theirs'));
    const { status, body } = await bound.post('/tokens', { name: 'more', scopes: ['operate'] });
    expect([status, body.code]).toEqual([403, 'SCOPE_MISSING']);
  });

  it('ends soon after the token was revoked, though it was in use', async () => {
    const token = await operator.createToken(['read']);
    const reader = operator.as(token);
    expectStatus(await reader.get('/chains'), 200);
    expectStatus(await operator.call(`/tokens/${token.split('_')[1]}`, { method: 'DELETE' }), 204);
    await expect.poll(async () => (await reader.get('/chains')).status, { timeout: 10_000 }).toBe(401);
  });

  it('is kept as a hash of the token, and the log never shows one', async () => {
    const secret = (operator.token ?? '').split('_')[2] ?? '';
    const rows = await service.query('select * from access_token');
    expect(JSON.stringify(rows)).not.toContain(secret);
    expect(service.log.length).toBeGreaterThan(50);
    expect(service.log.join('')).not.toMatch(/custody_[0-9a-f]{16}_|[Bb]earer/);
    expect(service.log.join('')).not.toContain(secret);
  });
});
