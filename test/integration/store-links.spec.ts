import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createDataSource } from '#persistence/data-source.js';
import { Kind } from '#persistence/links/link-artifact.entity.js';
import type { NewLink } from '#persistence/links/new-link.js';
import { storeLinks } from '#persistence/links/store-links.js';
import { anchorKeys } from '#persistence/subjects/anchor-keys.js';
import { makeKnown } from '#persistence/subjects/known-subjects.js';
import { linksOfRuns, looseAnchors } from '#persistence/subjects/subject-evidence.js';
import { inTransaction } from '#persistence/transaction.js';
import { sha256 } from '#storage/content-address.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';

const CHAIN = 1;
const digest = (text: string): Buffer => sha256(Buffer.from(text));
const image = digest('image');
const ALICE = digest('the key of alice');

describe('storing links', () => {
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

  beforeEach(() =>
    source.query(
      'truncate link, link_artifact, link_key, statement_signer, run_link, posting, declaration, subject, subject_key, run_subject, subject_watch, verification_mark',
    ),
  );

  const link = (name: string, about: Partial<NewLink> = {}): NewLink => ({
    id: digest(name),
    statement: digest(name),
    step: 'build',
    container: 'metablock',
    keyids: ['key-1', 'key-2'],
    size: 100,
    materials: digest(`source of ${name}`),
    products: Buffer.concat([digest(`product of ${name}`), digest('a file that every build makes')]),
    signers: [ALICE],
    run: undefined,
    attempt: 1,
    declared: undefined,
    ...about,
  });
  const store = (...links: NewLink[]) => inTransaction(source, (tx) => storeLinks(tx, CHAIN, links));
  const know = (subject: Buffer) => inTransaction(source, (tx) => makeKnown(tx, CHAIN, [subject]));
  const count = async (table: string) =>
    Number((await source.query<{ count: string }[]>(`select count(*) from ${table}`))[0]?.count);
  const runsOf = async (subject: Buffer) =>
    (await linksOfRuns(source, CHAIN, subject, anchorKeys(subject))).runs.map(([member]) => member?.run);

  it('takes five hundred in one transaction', async () => {
    const links = Array.from({ length: 500 }, (_, i) => link(`link ${i}`, { run: `run ${i % 7}` }));
    const stored = await store(...links);
    expect(stored.every(({ created }) => created)).toBe(true);
    expect([await count('link'), await count('link_key'), await count('run_link')]).toEqual([
      500, 1_000, 500,
    ]);
  });

  it('creates a link once, though a batch holds it three times and another batch again', async () => {
    const [one, other] = [link('one', { run: '1' }), link('other', { run: '1' })];
    expect((await store(one, other, one, one)).map(({ created }) => created)).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect((await store(other, one)).map(({ created }) => created)).toEqual([false, false]);
    expect([await count('link'), await count('run_link')]).toEqual([2, 2]);
  });

  it('marks a subject for a link that joins a run while another link relates the run to it', async () => {
    await store(link('of another run', { run: '0', declared: image }));
    const marks = () => source.query<{ generation: string }[]>('select generation from verification_mark');
    await source.query('truncate verification_mark');
    const relating = source.createQueryRunner();
    const joining = source.createQueryRunner();
    try {
      await Promise.all([relating.startTransaction(), joining.startTransaction()]);
      await storeLinks(relating.manager, CHAIN, [link('declares', { run: '1', declared: image })]);
      const joined = storeLinks(joining.manager, CHAIN, [link('joins', { run: '1' })]);
      await Promise.race([joined, sleep(300)]);
      await relating.commitTransaction();
      const [first] = await marks();
      await joined;
      await joining.commitTransaction();
      // A worker that took the first mark has not seen the other link.
      const [second] = await marks();
      expect(Number(second?.generation)).toBeGreaterThan(Number(first?.generation));
    } finally {
      await Promise.all([relating.release(), joining.release()]);
    }
  });

  it.each([
    ['first', [undefined, '1']],
    ['last', ['1', undefined]],
  ])('finds a link without its run, too, when a batch holds it both ways, without %s', async (_, runs) => {
    await store(...runs.map((run) => link('both ways', { run, products: image })));
    await know(image);
    expect(await runsOf(image)).toEqual(['1']);
    expect(await looseAnchors(source, CHAIN, [image], 10)).toHaveLength(1);
    expect(await source.query('select distinct kind from link_artifact order by kind')).toEqual([
      { kind: Kind.tied },
      { kind: Kind.tied | Kind.product },
    ]);
  });

  it('puts a link that is known into a second run', async () => {
    await store(link('shared', { run: '1', products: image }));
    await store(link('shared', { run: '2' }));
    await know(image);
    expect((await runsOf(image)).sort()).toEqual(['1', '2']);
  });

  it('finds the run of a subject, whichever of the two was there first', async () => {
    await store(link('early', { run: 'before', products: image }));
    await know(image);
    await store(link('late', { run: 'after', products: image }));
    expect(await runsOf(image)).toEqual(['after', 'before']);
  });

  it('finds it through the file that the build wrote the digest to', async () => {
    const texts = [`sha256:${image.toString('hex')}`, image.toString('hex')].flatMap((text) => [
      text,
      `${text}\n`,
    ]);
    await know(image);
    for (const [i, text] of texts.entries()) {
      await store(link(`digest file ${i}`, { run: `run ${i}`, products: digest(text) }));
    }
    expect((await runsOf(image)).sort()).toEqual(['run 0', 'run 1', 'run 2', 'run 3']);
  });

  it('is moved by no material, and by no product of another digest', async () => {
    await know(image);
    await store(link('consumer', { run: '1', materials: image, products: digest('something else') }));
    expect(await runsOf(image)).toEqual([]);
    expect(await count('verification_mark')).toBe(0);
  });

  it('marks a subject again for every new member of its run, and for no repetition', async () => {
    await store(link('anchor', { run: '1', products: image, declared: image }));
    const generation = async () =>
      (await source.query<{ generation: string }[]>('select generation from verification_mark'))[0]
        ?.generation;
    const first = await generation();
    await store(link('anchor', { run: '1', products: image, declared: image }));
    expect(await generation()).toBe(first);
    await store(link('next step', { run: '1' }));
    expect(await generation()).not.toBe(first);
  });

  it('keeps links without a run out of every run', async () => {
    await know(image);
    await store(link('alone', { products: image }));
    expect(await runsOf(image)).toEqual([]);
  });

  it('lets overlapping batches in opposite orders pass each other without a deadlock', async () => {
    const links = Array.from({ length: 60 }, (_, i) =>
      link(`crossing ${i}`, { run: `run ${i % 5}`, declared: digest(`${i % 9}`) }),
    );
    const batches = Array.from({ length: 12 }, (_, i) => (i % 2 ? links : [...links].reverse()));
    const stored = await Promise.all(batches.map((batch) => store(...batch)));
    expect(stored.flat().filter(({ created }) => created)).toHaveLength(60);
    expect([await count('link'), await count('subject'), await count('run_link')]).toEqual([60, 9, 60]);
  });
});
