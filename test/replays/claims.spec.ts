import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createDataSource } from '#persistence/data-source.js';
import { claimItems, openParts, type ReplayPart, releaseItems } from '#persistence/replays/claim-items.js';
import { type SettledItem, stageItems } from '#persistence/replays/stage-items.js';
import { markSubjects } from '#persistence/subjects/marks.js';
import { inTransaction } from '#persistence/transaction.js';
import { sha256 } from '#storage/content-address.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';

const ITEMS = 300;
const part: ReplayPart = { replayId: '1', chainId: 1, hypotheticalLayout: null, rateLimit: null };
const digest = (text: string): Buffer => sha256(Buffer.from(text));

describe('the subjects of a replay', () => {
  let database: TestDatabase;
  let source: DataSource;

  beforeAll(async () => {
    database = await createDatabase();
    source = await createDataSource(database.url).initialize();
  });

  afterAll(async () => {
    await source.destroy();
    await database.drop();
  });

  beforeEach(async () => {
    await source.query('truncate replay restart identity');
    await source.query('truncate replay_chain, replay_item, verdict, verification_mark');
    await source.query(
      `insert into replay (filter, dry_run, reason, actor, flips_alone, state) values ('{}', true, '', '', 10, 'planned')`,
    );
    await source.query('insert into replay_chain (replay_id, chain_id, total) values (1, 1, $1)', [ITEMS]);
    await source.query(
      `with found as (
         insert into verdict (chain_id, subject, outcome, inputs_digest, body, explanation, evaluated_at)
         select 1, sha256(convert_to('subject ' || n, 'UTF8')), 'pass', '\\x00', '{"findings": []}', '{}', now()
           from generate_series(1, $1::integer) n returning *)
       insert into replay_item (replay_id, chain_id, subject, verdict_seq, outcome_before)
       select 1, 1, subject, seq, outcome from found`,
      [ITEMS],
    );
  });

  const claim = (limit: number) => claimItems(source, part, { limit, leaseSeconds: 30 });
  const stage = (...items: SettledItem[]) => inTransaction(source, (tx) => stageItems(tx, part, items));
  const counts = async () =>
    (
      await source.query<Record<string, number>[]>(
        'select done, changed, flips, superseded, errors from replay_chain where replay_id = 1',
      )
    )[0];
  const staged = async (): Promise<number> =>
    (await source.query<object[]>('select from verdict where replay_id = 1')).length;

  const flipped = (subject: Buffer): SettledItem => ({
    subject,
    result: 'changed',
    verdict: {
      outcome: 'fail',
      inputsDigest: digest('other inputs'),
      layoutId: null,
      body: { findings: [], missing: [], evidence: [], layout: null },
      explanation: { steps: [], builds: [], manifests: [] },
      evaluatedAt: new Date(),
      validUntil: null,
      basis: { engine: 2, epoch: '1', settings: '', owners: '' },
      reliesOn: [],
      watch: [digest('watched')],
    },
    cause: ['keys'],
    flipRank: 0,
    findings: [{ code: 'X', severity: 'error', message: 'a name with \0 in it' }],
  });

  it('are each taken by one of many workers, and no more than one may take', async () => {
    const claims = await Promise.all(Array.from({ length: 8 }, () => claim(50)));
    expect(claims.every((taken) => taken.length <= 50)).toBe(true);
    const subjects = claims.flat().map(({ subject }) => subject.toString('hex'));
    expect(new Set(subjects).size).toBe(subjects.length);
    expect(await claim(ITEMS)).toHaveLength(ITEMS - subjects.length);
    expect(await openParts(source)).toEqual([]);
  });

  it('come back when they are given back, or when the lease of a dead worker has run out', async () => {
    const [first, second] = await claim(2);
    await releaseItems(source, part, [first?.subject ?? Buffer.alloc(0)], 0);
    expect(await claim(ITEMS)).toHaveLength(ITEMS - 1);
    await source.query(
      `update replay_item set claimed_until = now() - interval '1 second' where subject = $1`,
      [second?.subject],
    );
    expect(await openParts(source)).toEqual([part]);
    expect(await claim(ITEMS)).toMatchObject([{ subject: second?.subject, attempts: 2 }]);
  });

  it('are not taken of a replay that is paused', async () => {
    await source.query(`update replay set state = 'paused'`);
    expect([await openParts(source), await claim(10)]).toEqual([[], []]);
  });

  it('are settled once, by whichever of two workers is first', async () => {
    const [item] = await claim(1);
    const subject = item?.subject ?? Buffer.alloc(0);
    await Promise.all([1, 2, 3].map(() => stage(flipped(subject))));
    await stage({ subject, result: 'unchanged' });
    expect(await counts()).toEqual({ done: 1, changed: 1, flips: 1, superseded: 0, errors: 0 });
    expect(await staged()).toBe(1);
  });

  it('keep the verdict that was found live meanwhile, or that is to be found', async () => {
    const [live, marked, quiet] = (await claim(3)).map(({ subject }) => subject) as [Buffer, Buffer, Buffer];
    await source.query(
      `insert into verdict (chain_id, subject, outcome, inputs_digest, body, explanation, evaluated_at)
       values (1, $1, 'fail', '\\x01', '{}', '{}', now())`,
      [live],
    );
    await inTransaction(source, (tx) => markSubjects(tx, 1, [marked]));
    await stage(flipped(live), flipped(marked), flipped(quiet));
    expect(await counts()).toEqual({ done: 3, changed: 1, flips: 1, superseded: 2, errors: 0 });
    expect(await staged()).toBe(1);
  });

  it('leave no verdict behind where the layout is only supposed', async () => {
    const [item] = await claim(1);
    const supposed = { ...part, hypotheticalLayout: digest('layout') };
    await inTransaction(source, (tx) =>
      stageItems(tx, supposed, [flipped(item?.subject ?? Buffer.alloc(0))]),
    );
    expect(await counts()).toMatchObject({ done: 1, changed: 1, flips: 1 });
    expect(await staged()).toBe(0);
  });
});
