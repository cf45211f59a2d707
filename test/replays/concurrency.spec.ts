import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../support/client.js';
import { type Service, startService } from '../support/service.js';
import { ReplayWorld } from './replay-world.js';

describe('replays and what happens meanwhile', () => {
  let service: Service;
  let second: Client;
  const idOf = ({ body }: { body: Record<string, unknown> }): string => String(body.id);

  beforeAll(async () => {
    service = await startService();
    second = service.operator.as(await service.operator.createToken(['operate']));
  });

  afterAll(() => service.stop());

  const world = (chain: string) => new ReplayWorld(service, chain).found();

  it('finds by its key every verdict that a suspension denies', async () => {
    const acme = await world('acme/suspended');
    await acme.images(3);
    await acme.suspendAlice();
    const filter = { key: await acme.aliceKey() };
    await expect.poll(() => acme.answers(), { timeout: 10_000 }).toEqual(['fail', 'fail', 'fail']);
    const id = idOf(await acme.plan({ filter }));
    const { body } = await acme.until(id, 'ready');
    expect(body).toMatchObject({ total: 3, changed: 3, flips: 3 });
    const { flips } = (await service.operator.get(`/replays/${id}/flips`)).body as { flips: object[] };
    expect(flips[0]).toMatchObject({ before: 'pass', cause: ['keys'] });
    await acme.act(id, 'approve', {}, second);
    await acme.act(id, 'apply', { planDigest: body.planDigest });
    await acme.until(id, 'applied');
    expect(await acme.answers()).not.toContain('pass');
    // Nothing is left to find.
    const again = (await acme.until(idOf(await acme.plan({ filter })), 'ready')).body;
    expect(again).toMatchObject({ total: 3, changed: 0 });
  });

  it('a revocation makes it stale', async () => {
    const acme = await world('acme/revoked-meanwhile');
    await acme.images(4);
    const id = idOf(await acme.plan({ rate: 2 }));
    await expect
      .poll(async () => (await service.operator.get(`/replays/${id}`)).body.done, { timeout: 20_000 })
      .toBeGreaterThan(0);
    await acme.suspendAlice();
    const { body } = await acme.until(id, 'ready');
    expect(body.stale).toBe(true);
    await acme.act(id, 'approve', {}, second);
    expect((await acme.act(id, 'apply', { planDigest: body.planDigest })).body.code).toBe('PLAN_STALE');
    expect(
      await acme.query('select from replay_chain where replay_id = $1 and switched_at is not null', [id]),
    ).toEqual([]);
  });

  it('a revocation between the order to apply it and the switch ends it, and the events say whose order it was', async () => {
    const acme = await world('acme/revoked-at-last');
    await acme.images(2);
    await acme.distrustAlice();
    const id = idOf(await acme.plan());
    const { planDigest } = (await acme.until(id, 'ready')).body;
    await acme.act(id, 'approve', {}, second);
    // Whoever switches has to wait for the chain, which the revocation gets first.
    const source = service.app.get(DataSource);
    await source.transaction(async (tx) => {
      await tx.query('select from chain where name = $1 for update', [acme.chain]);
      expect((await acme.act(id, 'apply', { planDigest })).status).toBe(202);
      await tx.query('update chain set trust_epoch = trust_epoch + 1 where name = $1', [acme.chain]);
    });
    const { body } = await acme.until(id, 'failed');
    expect(body).toMatchObject({ error: 'PLAN_STALE', chains: [{ switchedAt: null }] });
    expect(await acme.storedVerdicts()).toBe(4);
    expect((await service.operator.get(`/events?chain=${acme.chain}`)).body.events).toContainEqual(
      expect.objectContaining({
        kind: 'replay-failed',
        body: { replay: id, error: 'PLAN_STALE' },
        actor: service.operator.token?.split('_')[1],
        reason: 'we want to apply',
      }),
    );
  });

  it('links are taken, verified, and their verdicts stay when it is applied', async () => {
    const acme = await world('acme/ingest');
    const [first = ''] = await acme.images(6);
    await acme.suspendAlice();
    const id = idOf(await acme.plan({ rate: 3 }));
    await acme.until(id, 'planned');
    // Another image, and another record of one that the replay is about.
    const fresh = await acme.postImage();
    await acme.postBuild('image 0 of acme/ingest', 2);
    const { body } = await acme.until(id, 'ready');
    expect(body).toMatchObject({ total: 6, done: 6 });
    await acme.act(id, 'approve', {}, second);
    await acme.act(id, 'apply', { planDigest: body.planDigest });
    await acme.until(id, 'applied');
    await expect.poll(() => marksLeft(acme), { timeout: 20_000 }).toBe(0);
    expect(await currentReplays(acme, fresh)).toEqual([null]);
    expect(await currentReplays(acme, first)).toEqual([null]);
    const answers = await acme.answers();
    expect(answers).toHaveLength(7);
    expect(answers).not.toContain('pass');
  });

  it('a verdict found live in between is not overtaken by an older one of the replay', async () => {
    const acme = await world('acme/overtaken');
    const [digest = ''] = await acme.images(1);
    await acme.suspendAlice();
    const id = idOf(await acme.plan());
    await acme.until(id, 'ready');
    await acme.postBuild('image 0 of acme/overtaken', 2);
    await expect.poll(() => marksLeft(acme), { timeout: 20_000 }).toBe(0);
    const { planDigest } = (await acme.until(id, 'ready')).body;
    await acme.act(id, 'approve', {}, second);
    await acme.act(id, 'apply', { planDigest });
    await acme.until(id, 'applied');
    expect(await currentReplays(acme, digest)).toEqual([null]);
  });

  it('two operators apply two plans, and what counts is of one of them', async () => {
    const acme = await world('acme/two-plans');
    await acme.images(5);
    await acme.distrustAlice();
    const ids = [idOf(await acme.plan()), idOf(await acme.plan({}, second))];
    const plans = await Promise.all(ids.map((id) => acme.until(id, 'ready')));
    await Promise.all([acme.act(ids[0] ?? '', 'approve', {}, second), acme.act(ids[1] ?? '', 'approve')]);
    const applied = await Promise.all(
      ids.map((id, i) =>
        acme.act(id, 'apply', { planDigest: plans[i]?.body.planDigest }, i === 0 ? undefined : second),
      ),
    );
    expect(applied.map(({ status }) => status)).toEqual([202, 202]);
    for (const id of ids) await acme.until(id, 'applied');
    const counting = await Promise.all(acme.digests.map((digest) => currentReplays(acme, digest)));
    expect(new Set(counting.flat())).toEqual(new Set([ids[1]]));
  });

  it('the same plan is applied once, however many operators do it at a time', async () => {
    const acme = await world('acme/applied-once');
    await acme.images(2);
    const id = idOf(await acme.plan());
    const { planDigest } = (await acme.until(id, 'ready')).body;
    const replies = await Promise.all([1, 2, 3, 4].map(() => acme.act(id, 'apply', { planDigest })));
    expect(replies.map(({ status }) => status).sort()).toEqual([202, 409, 409, 409]);
    await acme.until(id, 'applied');
    expect(
      await acme.query(`select from trust_event where kind = 'replay-applied' and body ->> 'replay' = $1`, [
        id,
      ]),
    ).toHaveLength(1);
  });

  const marksLeft = async (acme: ReplayWorld): Promise<number> =>
    (
      await acme.query(
        'select from verification_mark where chain_id = (select id from chain where name = $1)',
        [acme.chain],
      )
    ).length;

  /** The replay that found the verdict which counts; null: a live verification did. */
  const currentReplays = async (acme: ReplayWorld, digest: string): Promise<(string | null)[]> => {
    const rows = await acme.query<{ replay: string | null }>(
      `select verdict.replay_id as replay from verdict
         left join replay_chain part on part.replay_id = verdict.replay_id and part.chain_id = verdict.chain_id
        where verdict.chain_id = (select id from chain where name = $1)
          and subject = decode($2, 'hex') and (verdict.replay_id is null or part.switched_at is not null)
        order by seq desc limit 1`,
      [acme.chain, digest.slice('sha256:'.length)],
    );
    return rows.map(({ replay }) => replay);
  };
});
