import { createHash } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDataSource } from '#persistence/data-source.js';
import type { NewLink } from '#persistence/links/new-link.js';
import { storeLinks } from '#persistence/links/store-links.js';
import { holdChainForLinks } from '#persistence/subjects/chain-lock.js';
import { markSomeOfWide } from '#persistence/subjects/wide-touches.js';
import { inTransaction } from '#persistence/transaction.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { counting, gate, pausing } from '../support/watched-transaction.js';

const CHAIN = 1;
/** More than are marked while the chain is held. */
const KNOWN = 4_500;

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
const images = Array.from({ length: KNOWN }, (_, at) => digest(`image ${at}`));

function aLink(name: string, about: Partial<NewLink> = {}): NewLink {
  return {
    id: digest(name),
    statement: digest(name),
    step: 'build',
    container: 'metablock',
    keyids: ['key'],
    size: 100,
    materials: Buffer.alloc(0),
    products: digest(`product of ${name}`),
    signers: [digest('the key of bob')],
    run: '1',
    attempt: 1,
    declared: undefined,
    poster: { principal: 'ci', token: '0123456789abcdef' },
    ...about,
  };
}

/** One build that says it made every image that the chain knows. */
const wide = (about: Partial<NewLink> = {}): NewLink =>
  aLink('everything', { products: Buffer.concat(images), ...about });

describe('a link that touches very many known digests', () => {
  let database: TestDatabase;
  let source: DataSource;

  beforeEach(async () => {
    database = await createDatabase();
    source = await createDataSource(database.url).initialize();
    await source.query(
      `with known as (
         insert into subject (chain_id, digest) select $1, unnest($2::bytea[]) returning digest)
       insert into subject_key (chain_id, product_digest, subject) select $1, digest, digest from known`,
      [CHAIN, images],
    );
  });

  afterEach(async () => {
    await source.destroy();
    await database.drop();
  });

  const store = (...links: NewLink[]) => inTransaction(source, (tx) => storeLinks(tx, CHAIN, links));
  const count = async (table: string): Promise<number> =>
    Number((await source.query<[{ count: string }]>(`select count(*) from ${table}`))[0].count);
  const relay = async (): Promise<void> => {
    while (await markSomeOfWide(source));
  };

  it.each([
    ['in a run', {}, KNOWN],
    ['without a run', { run: undefined }, 0],
  ])(
    '%s, marks some at once and leaves the others to the relay, which forgets none',
    async (_, about, related) => {
      await store(wide(about));
      expect(await count('verification_mark')).toBeLessThan(KNOWN / 2);
      await relay();
      expect(await count('verification_mark')).toBe(KNOWN);
      expect(await count('run_subject')).toBe(related);
      expect(await count('wide_touch')).toBe(0);
      expect(await source.query('select distinct principal from verification_mark')).toEqual([
        { principal: 'ci' },
      ]);
    },
  );

  it('is followed by small links of its run, each of which marks all of them again', async () => {
    await store(wide());
    await relay();
    for (const name of ['second', 'third']) {
      await source.query('delete from verification_mark');
      await store(aLink(name));
      await relay();
      expect(await count('verification_mark')).toBe(KNOWN);
    }
  });

  it('is followed by many small links at once: they wait for one marking of all, not for one each', async () => {
    await store(wide());
    await relay();
    for (const name of ['second', 'third', 'fourth']) await store(aLink(name));
    expect(await count('wide_touch')).toBe(1);
  });

  it('costs the same under the lock however many there are', async () => {
    const costs: [number, string][] = [];
    await inTransaction(source, (tx) => storeLinks(counting(tx, costs), CHAIN, [wide()]));
    const marking = costs.filter(([, statement]) => /run_subject|verification_mark/.test(statement));
    expect(marking.filter(([rows]) => rows > 12 * KNOWN)).toEqual([]);
    expect(await count('run_subject')).toBeLessThan(KNOWN / 2);
  });

  it('is not forgotten by a relay that dies in the middle', async () => {
    await store(wide());
    const holding = gate();
    const other = inTransaction(source, async (tx) => {
      await holdChainForLinks(tx, CHAIN, ['1']);
      holding.arrive();
      await holding.opened;
    });
    await holding.reached;
    const dying = markSomeOfWide(source);
    const outcome = expect(dying).rejects.toThrow(/does not answer/);
    await expect.poll(waiting).toHaveLength(1);
    await source.query('select pg_terminate_backend($1)', [(await waiting())[0]?.pid]);
    await outcome;
    holding.open();
    await other;
    await relay();
    expect(await count('verification_mark')).toBe(KNOWN);
  });

  it('waits with its run: a link that joins meanwhile is in every verdict that follows', async () => {
    await store(wide());
    const joining = gate();
    const small = inTransaction(source, (tx) =>
      storeLinks(pausing(tx, 'insert into run_link', joining), CHAIN, [aLink('small')]),
    );
    await joining.reached;
    const part = markSomeOfWide(source);
    // What it relates to the run cannot be seen by the link that joins: it must be marked after that link is there.
    await expect.poll(waiting).toHaveLength(1);
    joining.open();
    await small;
    await part;
    const [{ joined }] = await source.query<[{ joined: Date }]>(
      'select max(joined_at) as joined from run_link',
    );
    const [{ early }] = await source.query<[{ early: string }]>(
      `select count(*) as early from run_subject related
        where not exists (select from verification_mark mark where mark.subject = related.subject)`,
    );
    expect([joined, early]).toEqual([expect.any(Date), '0']);
    await relay();
    expect(await count('verification_mark')).toBe(KNOWN);
  });

  /** Those who wait for an advisory lock. */
  const waiting = () =>
    source.query<{ pid: number }[]>(`select pid from pg_locks where locktype = 'advisory' and not granted
      and database = (select oid from pg_database where datname = current_database())`);
});
