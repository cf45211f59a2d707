import { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createDataSource } from '#persistence/data-source.js';
import { claimMarks, releaseMarks } from '#persistence/subjects/claim-marks.js';
import { type Mark, markSubjects } from '#persistence/subjects/marks.js';
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
  });

  afterAll(async () => {
    await source.destroy();
    await database.drop();
  });

  beforeEach(() => source.query('truncate verification_mark, verdict'));

  const mark = (...subjects: Buffer[]) => inTransaction(source, (tx) => markSubjects(tx, 1, subjects));
  const claim = async () => (await claimMarks(source, 100, 30)) as [Mark, ...Mark[]];
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

  it('hands each mark to one of many relays', async () => {
    await mark(...Array.from({ length: 1_000 }, (_, i) => subject(i)));
    const claims = await Promise.all(Array.from({ length: 10 }, () => claimMarks(source, 150, 30)));
    const handedOut = claims.flat().map((held) => held.subject.toString('hex'));
    expect(new Set(handedOut).size).toBe(handedOut.length);
    expect(await claimMarks(source, 1_000, 30)).toHaveLength(1_000 - handedOut.length);
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
