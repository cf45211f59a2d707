import { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { chainSettings } from '#persistence/chains/chain-settings.js';
import { chainTrust } from '#persistence/chains/chain-trust.js';
import { insertChain } from '#persistence/chains/insert-chain.js';
import { createDataSource } from '#persistence/data-source.js';
import { claimMarks, releaseMarks } from '#persistence/subjects/claim-marks.js';
import { hastenMark, type Mark, markEverySubject, markSubjects } from '#persistence/subjects/marks.js';
import { outboxState, retryMarks } from '#persistence/subjects/outbox-state.js';
import { DEAD_AFTER, Priority } from '#persistence/subjects/verification-mark.entity.js';
import { inTransaction } from '#persistence/transaction.js';
import { type NewVerdict, storeVerdict } from '#persistence/verdicts/store-verdict.js';
import { sha256 } from '#storage/content-address.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';

const subject = (number: number): Buffer => sha256(Buffer.from(String(number)));

describe('the outbox', () => {
  let database: TestDatabase;
  let source: DataSource;

  beforeAll(async () => {
    database = await createDatabase();
    source = await createDataSource(database.url).initialize();
    const chain = { name: 'acme/web', ownerKeys: [], ownerNames: [], ownerThreshold: 1 };
    const settings = chainSettings.parse({});
    expect((await inTransaction(source, (tx) => insertChain(tx, { ...chain, settings }))).id).toBe(1);
  });

  afterAll(async () => {
    await source.destroy();
    await database.drop();
  });

  beforeEach(() => source.query('truncate verification_mark, verdict'));

  const mark = (...subjects: Buffer[]) => inTransaction(source, (tx) => markSubjects(tx, 1, subjects));
  const take = async (limit: number, priority: Priority = Priority.interactive, outAtMost = 10_000) =>
    (await claimMarks(source, { priority, limit, outAtMost, outOfChain: outAtMost, leaseSeconds: 30 })).marks;
  const claim = async () => (await take(100)) as unknown as [Mark, ...Mark[]];
  const leaseRunsOut = () =>
    source.query(`update verification_mark set claimed_until = now() - interval '1 second'`);
  const store = (held: Mark, outcome: NewVerdict['outcome'], inputs: string = outcome) =>
    inTransaction(source, (tx) =>
      storeVerdict(tx, held, {
        outcome,
        inputsDigest: sha256(Buffer.from(inputs)),
        layoutId: null,
        body: { findings: [], missing: [], evidence: [], layout: null },
        explanation: { steps: [], builds: [], manifests: [] },
        watch: [],
        reliesOn: [],
        basis: { engine: 1, epoch: '0', settings: '', owners: '' },
        evaluatedAt: new Date(),
        validUntil: null,
      }),
    );
  const verdicts = async () =>
    (await source.query<{ outcome: string }[]>('select outcome from verdict order by seq')).map(
      (row) => row.outcome,
    );

  it('keeps one mark of a subject however often it is marked', async () => {
    await Promise.all(Array.from({ length: 20 }, () => mark(subject(1), subject(2), subject(1))));
    expect(await claim()).toHaveLength(2);
  });

  it('says which mark is worth the work: not one whose verdict is there, nor one that has moved on', async () => {
    const isWorthIt = async (held: Mark) => (await chainTrust(source, 1, held)) !== undefined;
    await mark(subject(1));
    const [first] = await claim();
    expect(await isWorthIt(first)).toBe(true);
    await mark(subject(1));
    expect(await isWorthIt(first)).toBe(false);
    const [second] = await claim();
    await store(second, 'pass');
    expect(await isWorthIt(second)).toBe(false);
  });

  it('hands each mark to one of many relays', async () => {
    await mark(...Array.from({ length: 1_000 }, (_, i) => subject(i)));
    const claims = await Promise.all(Array.from({ length: 10 }, () => take(150)));
    const handedOut = claims.flat().map((held) => held.subject.toString('hex'));
    expect(new Set(handedOut).size).toBe(handedOut.length);
    expect(await take(1_000)).toHaveLength(1_000 - handedOut.length);
  });

  it('holds a mark while its lease lasts, and hands it out again when that has run out', async () => {
    await mark(subject(1));
    const [held] = await claim();
    expect(await claim()).toEqual([]);
    await leaseRunsOut();
    expect(await claim()).toEqual([held]);
  });

  it('hands a mark out again at once when it could not be handed on, and waits no longer for it', async () => {
    await mark(subject(1));
    for (let attempt = 0; attempt < 10; attempt += 1) {
      await releaseMarks(source, await claim());
    }
    expect(await claim()).toHaveLength(1);
    const [row] = await source.query(
      `select attempts, claimed_until < now() + interval '31 seconds' as soon from verification_mark`,
    );
    expect(row).toEqual({ attempts: 1, soon: true });
  });

  it('waits for a mark that was lost twice no longer than half a minute each time', async () => {
    await mark(subject(1));
    for (let loss = 0; loss < 2; loss += 1) {
      await claim();
      const [row] = await source.query<{ soon: boolean }[]>(
        `select claimed_until <= now() + interval '30 seconds' as soon from verification_mark`,
      );
      expect(row?.soon).toBe(true);
      await leaseRunsOut();
    }
  });

  it('gives up a mark after many attempts, says so, and tries it again when told or when something happens', async () => {
    const until = async (attempts: number) => {
      for (let attempt = 0; attempt < attempts; attempt += 1) {
        expect(await claim()).toHaveLength(1);
        await leaseRunsOut();
      }
    };
    await source.query(
      `insert into chain (name, owner_keys, owner_threshold) values ('acme/dead', '[]', 1) on conflict do nothing`,
    );
    await mark(subject(1));
    await until(DEAD_AFTER - 1);
    expect(await outboxState(source)).toMatchObject({ waiting: 1, dead: 0 });
    await until(1);
    expect(await claim()).toEqual([]);
    expect(await outboxState(source)).toMatchObject({ waiting: 0, dead: 1 });
    expect(await retryMarks(source, { chainId: 2, subject: null })).toBe(0);
    expect(await retryMarks(source, { chainId: 1, subject: subject(1) })).toBe(1);
    await until(DEAD_AFTER);
    expect(await claim()).toEqual([]);
    await mark(subject(1));
    expect(await claim()).toHaveLength(1);
  });

  it('hands out what somebody waits for before what a new layout brought, and no more than there may be', async () => {
    await source.query('truncate subject');
    await source.query('insert into subject (chain_id, digest) select 1, unnest($1::bytea[])', [
      Array.from({ length: 50 }, (_, i) => subject(i)),
    ]);
    await inTransaction(source, (tx) => markEverySubject(tx, 1));
    await mark(subject(7), subject(100));
    const first = await take(100);
    expect(first.map((held) => held.subject.toString('hex')).sort()).toEqual(
      [subject(7), subject(100)].map((digest) => digest.toString('hex')).sort(),
    );
    expect(await take(100, Priority.bulk, 20)).toHaveLength(20);
    expect(await take(100, Priority.bulk, 20)).toHaveLength(0);
    await releaseMarks(source, first, 5);
    expect(await take(100)).toEqual([]);
    await inTransaction(source, (tx) => markEverySubject(tx, 1));
    expect(await take(100)).toHaveLength(1);
  });

  it('hands out one of many that a new layout brought before the others, once somebody asks for it', async () => {
    await source.query('truncate subject');
    await source.query('insert into subject (chain_id, digest) select 1, unnest($1::bytea[])', [
      Array.from({ length: 50 }, (_, i) => subject(i)),
    ]);
    await inTransaction(source, (tx) => markEverySubject(tx, 1));
    const [handedOut, next] = (await take(2, Priority.bulk)) as unknown as [Mark, Mark];
    await releaseMarks(source, [next]);
    for (const asked of [next.subject, handedOut.subject, subject(100)])
      await hastenMark(source, 1, asked, 'gate');
    expect((await take(100)).map((held) => held.subject)).toEqual([next.subject]);
  });

  it('does not give back a mark that has moved on', async () => {
    await mark(subject(1));
    const old = await claim();
    await mark(subject(1));
    const held = await claim();
    await releaseMarks(source, old);
    expect(await claim()).toEqual([]);
    expect(held[0].generation).not.toBe(old[0].generation);
  });

  it('clears a mark when its verdict is stored', async () => {
    await mark(subject(1));
    expect(await store((await claim())[0], 'pass')).toBe('stored');
    await leaseRunsOut();
    expect(await claim()).toEqual([]);
  });

  it('takes no verdict of a job that something has overtaken', async () => {
    await mark(subject(1));
    const [outdated] = await claim();
    await mark(subject(1));
    expect(await store(outdated, 'pass')).toBe('outdated');
    expect(await verdicts()).toEqual([]);
    expect(await store((await claim())[0], 'fail')).toBe('stored');
    expect(await store(outdated, 'pass')).toBe('outdated');
    expect(await verdicts()).toEqual(['fail']);
  });

  it('takes no verdict of a job that was handed out twice and overtaken after its twin was done', async () => {
    await mark(subject(1));
    const [twin] = await claim();
    await leaseRunsOut();
    const [slow] = await claim();
    expect(await store(twin, 'pass')).toBe('stored');
    await mark(subject(1));
    expect(await store(slow, 'fail')).toBe('outdated');
    expect(await claim()).toHaveLength(1);
  });

  it('writes no second row for the same inputs, and one for others', async () => {
    for (const inputs of ['a', 'a', 'b', 'a']) {
      await mark(subject(1));
      await store((await claim())[0], 'pass', inputs);
    }
    expect(await verdicts()).toEqual(['pass', 'pass', 'pass']);
  });

  it('lets one of two workers with the same job store its verdict', async () => {
    await mark(subject(1));
    const [held] = await claim();
    const results = await Promise.all([store(held, 'pass'), store(held, 'pass'), store(held, 'pass')]);
    expect(results.sort()).toEqual(['outdated', 'outdated', 'stored']);
  });
});
