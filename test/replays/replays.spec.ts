import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../support/client.js';
import { type Service, startService } from '../support/service.js';
import { ReplayWorld } from './replay-world.js';

describe('a replay', () => {
  let service: Service;
  let second: Client;
  const idOf = ({ body }: { body: Record<string, unknown> }): string => String(body.id);

  beforeAll(async () => {
    service = await startService();
    second = service.operator.as(await service.operator.createToken(['operate']));
  });

  afterAll(() => service.stop());

  const world = (chain: string) => new ReplayWorld(service, chain).found();

  it('of unchanged inputs flips nothing and stores nothing', async () => {
    const acme = await world('acme/unchanged');
    await acme.images(5);
    const before = await acme.storedVerdicts();
    const id = idOf(await acme.plan());
    const { body } = await acme.until(id, 'ready');
    expect(body).toMatchObject({ total: 5, done: 5, changed: 0, flips: 0, needsApproval: false });
    expect((await acme.act(id, 'apply', { planDigest: body.planDigest })).status).toBe(202);
    await acme.until(id, 'applied');
    expect(await acme.storedVerdicts()).toBe(before);
  });

  it('about no chain is nothing that an operator of one chain gets to see', async () => {
    const { chain } = await world('acme/strangers');
    const stranger = service.operator.as(await service.operator.createToken(['operate'], chain));
    const filter = { key: 'ab'.repeat(32) };
    const id = idOf(await service.operator.post('/replays', { filter, reason: 'a secret of others' }));
    expect((await service.operator.get(`/replays/${id}`)).body).toMatchObject({ chains: [] });
    expect((await stranger.get(`/replays/${id}`)).body.code).toBe('REPLAY_UNKNOWN');
    expect((await stranger.get('/replays')).body).toEqual({ replays: [] });
  });

  it('says what would flip and why, changes nothing before it is applied, and everything at once then', async () => {
    const acme = await world('acme/flips');
    await acme.images(4);
    await acme.distrustAlice();
    const id = idOf(await acme.plan());
    const { body } = await acme.until(id, 'ready');
    expect(body).toMatchObject({
      total: 4,
      done: 4,
      changed: 4,
      flips: 4,
      stale: false,
      needsApproval: true,
    });

    const flips = (await service.operator.get(`/replays/${id}/flips?limit=3`)).body;
    expect(flips).toMatchObject({ kinds: { 'pass→pending': 4 }, next: expect.any(String) });
    expect(flips.flips).toHaveLength(3);
    expect(JSON.stringify(flips.flips)).toContain('LINK_KEY_NOT_AUTHORIZED');
    const rest = (await service.operator.get(`/replays/${id}/flips?limit=3&cursor=${flips.next}`)).body;
    expect(rest).toMatchObject({ flips: [{ before: 'pass', after: 'pending' }], next: null });
    const { bytes, headers } = await service.operator.call(`/replays/${id}/flips`, {
      headers: { accept: 'text/csv' },
    });
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(`${bytes}`.split('\r\n')).toHaveLength(1 + 4 + 1);

    // Still the verdicts of the layout before.
    expect(new Set(await codes(acme))).toEqual(new Set(['LAYOUT_CHANGED']));
    expect((await acme.act(id, 'apply', { planDigest: body.planDigest })).body.code).toBe(
      'SECOND_OPERATOR_NEEDED',
    );
    expect((await acme.act(id, 'approve')).body.code).toBe('SECOND_OPERATOR_NEEDED');
    expect((await acme.act(id, 'approve', {}, second)).status).toBe(200);
    const other = 'ab'.repeat(32);
    expect((await acme.act(id, 'apply', { planDigest: other })).body.code).toBe('PLAN_DIFFERS');
    expect((await acme.act(id, 'apply', { planDigest: body.planDigest })).status).toBe(202);
    const applied = (await acme.until(id, 'applied')).body;
    expect(applied.chains).toMatchObject([{ chain: 'acme/flips', switchedAt: expect.any(String) }]);
    expect(await codes(acme)).not.toContain('LAYOUT_CHANGED');
    expect(await acme.answers()).toEqual(['pending', 'pending', 'pending', 'pending']);
    expect(await kinds('acme/flips')).toEqual(
      expect.arrayContaining(['replay-planned', 'replay-approved', 'replay-applied']),
    );
  });

  it('is refused when the layout moved since it was planned', async () => {
    const acme = await world('acme/stale');
    await acme.images(2);
    await acme.distrustAlice();
    const id = idOf(await acme.plan());
    const { planDigest } = (await acme.until(id, 'ready')).body;
    await acme.act(id, 'approve', {}, second);
    await acme.distrustAlice('once more');
    expect((await acme.act(id, 'apply', { planDigest })).body.code).toBe('PLAN_STALE');
    expect((await service.operator.get(`/replays/${id}`)).body).toMatchObject({
      state: 'ready',
      stale: true,
    });
  });

  it('applies itself when it is told to, as far as one operator may decide', async () => {
    const acme = await world('acme/by-itself');
    await acme.images(2);
    const harmless = idOf(await acme.plan({ dryRun: false }));
    await acme.until(harmless, 'applied');
    await acme.distrustAlice();
    const grave = idOf(await acme.plan({ dryRun: false }));
    expect((await acme.until(grave, 'ready')).body.needsApproval).toBe(true);
    await acme.act(grave, 'approve', {}, second);
    await acme.until(grave, 'applied');
    expect(await acme.answers()).toEqual(['pending', 'pending']);
  });

  it('is paused, resumed and cancelled', async () => {
    const acme = await world('acme/paused');
    await acme.images(6);
    await acme.distrustAlice();
    const id = idOf(await acme.plan({ rate: 2 }));
    await expect
      .poll(async () => (await service.operator.get(`/replays/${id}`)).body.done, { timeout: 20_000 })
      .toBeGreaterThan(0);
    expect((await acme.act(id, 'pause')).body).toMatchObject({ state: 'paused', rate: null });
    expect((await acme.act(id, 'pause')).body.code).toBe('REPLAY_NOT_READY');
    expect((await acme.act(id, 'resume')).body.state).toBe('planned');
    const { planDigest } = (await acme.until(id, 'ready')).body;
    expect((await acme.act(id, 'cancel')).body.state).toBe('cancelled');
    expect((await acme.act(id, 'apply', { planDigest })).body.code).toBe('REPLAY_NOT_READY');
    expect(new Set(await codes(acme))).toEqual(new Set(['LAYOUT_CHANGED']));
  });

  it('of a layout that is not in force says what it would change, and is never applied', async () => {
    const acme = await world('acme/hypothetical');
    await acme.images(3);
    const old = await acme.query<{ id: string }>(
      `select encode(layout.id, 'hex') as id from layout join chain on chain.id = chain_id where name = $1`,
      [acme.chain],
    );
    await acme.distrustAlice();
    await acme.until(idOf(await acme.plan({ dryRun: false })), 'ready');
    const before = await acme.storedVerdicts();
    const plan = await acme.plan({ hypothetical: { layout: old[0]?.id } });
    const { body } = await acme.until(idOf(plan), 'ready');
    expect(body).toMatchObject({ total: 3, flips: 0, hypothetical: { layout: old[0]?.id } });
    expect(await acme.storedVerdicts()).toBe(before);
    const answer = await acme.act(idOf(plan), 'apply', { planDigest: body.planDigest });
    expect(answer.body.code).toBe('REPLAY_HYPOTHETICAL');
    const unknown = { filter: { chain: acme.chain }, hypothetical: { layout: 'cd'.repeat(32) }, reason: 'x' };
    expect((await service.operator.post('/replays', unknown)).body.code).toBe('LAYOUT_UNKNOWN');
  });

  it('by the layout of another chain is refused, also where the service has just read it', async () => {
    const secret = await world('secret/chain');
    await secret.images(1);
    const [theirs] = await secret.query<{ id: string }>(
      `select encode(active_layout, 'hex') as id from chain where name = $1`,
      [secret.chain],
    );
    const evil = await world('evil/corp');
    const operator = service.operator.as(await service.operator.createToken(['operate'], evil.chain));
    const order = { filter: { all: true }, hypothetical: { layout: theirs?.id }, reason: 'curious' };
    expect((await operator.post('/replays', order)).body.code).toBe('LAYOUT_UNKNOWN');
  });

  it('tells how far it is as it goes, and ends the stream when it is at rest', async () => {
    const acme = await world('acme/events');
    await acme.images(4);
    const id = idOf(await acme.plan({ rate: 2 }));
    const { bytes, headers } = await service.operator.get(`/replays/${id}/events`);
    expect(headers.get('content-type')).toContain('text/event-stream');
    const events = `${bytes}`
      .split('\n\n')
      .filter(Boolean)
      .map((event) => JSON.parse(event.replace(/^event: progress\ndata: /, '')));
    expect(events.length).toBeGreaterThan(1);
    expect(events.at(-1)).toMatchObject({ state: 'ready', done: 4, total: 4 });
  });

  it('finds what the filter says, and nothing else', async () => {
    const acme = await world('acme/filter');
    const [one = ''] = await acme.images(3);
    const half = new Date().toISOString();
    await acme.images(2);
    const total = async (filter: object) =>
      (await acme.until(idOf(await acme.plan({ filter: { chain: acme.chain, ...filter } })), 'ready')).body
        .total;
    expect(await total({ subject: one })).toBe(1);
    expect(await total({ from: half })).toBe(2);
    expect(await total({ to: half })).toBe(3);
    expect(await total({ layout: 'ab'.repeat(32) })).toBe(0);
    expect(await total({ engineBelow: 1 })).toBe(0);
    expect(await total({ engineBelow: 1_000 })).toBe(5);
    expect(await total({ all: true })).toBe(5);
  });

  it('is planned and seen by a token of its chain alone', async () => {
    const acme = await world('acme/own');
    await acme.images(1);
    const own = service.operator.as(await service.operator.createToken(['operate'], acme.chain));
    const plan = await acme.plan({ filter: { all: true } }, own);
    expect(plan.body.chains).toMatchObject([{ chain: 'acme/own' }]);
    const elsewhere = idOf(await (await world('acme/elsewhere')).plan());
    expect((await own.get(`/replays/${elsewhere}`)).body.code).toBe('REPLAY_UNKNOWN');
    expect((await own.get(`/replays/${idOf(plan)}`)).status).toBe(200);
    const { replays } = (await own.get('/replays')).body as { replays: { id: string }[] };
    expect(replays.map(({ id }) => id)).toEqual([idOf(plan)]);
    const foreign = { filter: { chain: 'acme/elsewhere' }, reason: 'curious' };
    expect((await own.post('/replays', foreign)).body.code).toBe('CHAIN_UNKNOWN');
  });

  it.each([
    [{ filter: {}, reason: 'nothing chosen' }, 'BODY_INVALID'],
    [{ filter: { all: true } }, 'BODY_INVALID'],
    [{ filter: { key: 'abc' }, reason: 'no key' }, 'BODY_INVALID'],
    [{ filter: { all: true }, hypothetical: { layout: 'ab'.repeat(32) }, reason: 'x' }, 'CHAIN_REQUIRED'],
    [
      { filter: { all: true }, hypothetical: { layout: 'ab'.repeat(32) }, dryRun: false, reason: 'x' },
      'BODY_INVALID',
    ],
  ])('is refused for %j: %s', async (order, code) => {
    expect((await service.operator.post('/replays', order)).body.code).toBe(code);
  });

  it('is unknown by an id that is none', async () => {
    for (const id of ['999999', 'x', '1'.repeat(30)]) {
      expect((await service.operator.get(`/replays/${id}`)).body.code).toBe('REPLAY_UNKNOWN');
    }
  });

  const codes = async (acme: ReplayWorld): Promise<string[]> => {
    const replies = await Promise.all(
      acme.digests.map((digest) => service.operator.verdict(digest, acme.chain)),
    );
    return replies.flatMap(({ body }) => (body.findings as { code: string }[]).map(({ code }) => code));
  };

  const kinds = async (chain: string): Promise<string[]> => {
    const rows = await service.query<{ kind: string }>(
      'select kind from trust_event join chain on chain.id = chain_id where name = $1 order by seq',
      [chain],
    );
    return rows.map(({ kind }) => kind);
  };
});
