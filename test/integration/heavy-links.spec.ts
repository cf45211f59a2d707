import { createHash } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDataSource } from '#persistence/data-source.js';
import { Kind } from '#persistence/links/link-artifact.entity.js';
import type { NewLink } from '#persistence/links/new-link.js';
import { storeLinks } from '#persistence/links/store-links.js';
import { setProven, unprovenLinks } from '#persistence/links/unproven-links.js';
import { anchorKeys } from '#persistence/subjects/anchor-keys.js';
import { holdChainForSubject } from '#persistence/subjects/chain-lock.js';
import { makeKnown } from '#persistence/subjects/known-subjects.js';
import { linksOfRuns } from '#persistence/subjects/subject-evidence.js';
import { inTransaction, type Transaction } from '#persistence/transaction.js';
import { fillDatabase } from '../support/filled-database.js';
import { rowsVisited } from '../support/plans.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';

const CHAIN = 1;
/** A build of 1,500 files. Above a thousand, links are heavy. */
const FILES = 1_500;
/** As many as the body limit lets through. */
const FILES_AT_MOST = 100_000;

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
const ALICE = digest('the key of alice');
const image = digest('image');

function files(build: string, count: number): Buffer {
  return Buffer.concat(Array.from({ length: count }, (_, i) => digest(`${build} ${i}`)));
}

function heavy(name: string, about: Partial<NewLink> = {}): NewLink {
  return {
    id: digest(name),
    statement: digest(name),
    step: 'build',
    container: 'metablock',
    keyids: ['key'],
    size: 100,
    materials: digest(`source of ${name}`),
    products: Buffer.concat([image, files(name, FILES - 2)]),
    signers: [ALICE],
    run: undefined,
    attempt: 1,
    declared: undefined,
    ...about,
  };
}

describe('links of very many files', () => {
  let database: TestDatabase;
  let source: DataSource;

  beforeEach(async () => {
    database = await createDatabase();
    source = await createDataSource(database.url).initialize();
  });

  afterEach(async () => {
    await source.destroy();
    await database.drop();
  });

  const store = (...links: NewLink[]) => inTransaction(source, (tx) => storeLinks(tx, CHAIN, links));
  const ask = (subject: Buffer) =>
    inTransaction(source, async (tx) => {
      await holdChainForSubject(tx, CHAIN);
      await makeKnown(tx, CHAIN, [subject]);
    });
  const kinds = async () =>
    Object.fromEntries(
      (
        await source.query<{ kind: number; count: number }[]>(
          'select kind, count(*)::integer from link_artifact group by kind order by kind',
        )
      ).map(({ kind, count }) => [kind, count]),
    );
  const inRunOnly = { 0: 1, [Kind.product]: FILES - 1 };
  const tied = { [Kind.tied]: 1, [Kind.tied | Kind.product]: FILES - 1 };

  it.each<[string, (Partial<NewLink>[] | Partial<NewLink>)[], object]>([
    ['with a run', [{ run: '1' }], inRunOnly],
    ['without a run', [{}], tied],
    ['with a run, then without', [{ run: '1' }, {}], tied],
    ['without a run, then with one', [{}, { run: '1' }], tied],
    ['twice with a run', [{ run: '1' }, { run: '1' }], inRunOnly],
    ['twice without', [{}, {}], tied],
    ['both ways in one batch', [[{ run: '1' }, {}]], tied],
    ['before a layout lets its key sign, then after', [{ signers: [] }, {}], tied],
    ['without a run before such a layout, in a run after', [{ signers: [] }, { run: '1' }], tied],
  ])('are found by each of their files once when posted %s', async (_, postings, expected) => {
    for (const posting of postings) {
      await store(...[posting].flat().map((about) => heavy('build', about)));
    }
    expect(await kinds()).toEqual(expected);
    expect(await source.query('select count(*)::integer from link')).toEqual([{ count: 1 }]);
    const [first] = await source.query<{ link: string }[]>('select distinct link from link_artifact');
    expect(await source.query('select seq as link from link')).toEqual([first]);
  });

  it('are told as made loose by the posting that does it, and by no other', async () => {
    await store(heavy('build', { run: '1' }));
    expect((await store(heavy('build')))[0]).toMatchObject({ created: false, madeLoose: true });
    expect((await store(heavy('build')))[0]).toMatchObject({ created: false, madeLoose: false });
  });

  it('hold nobody up while their files are written, and miss no subject that is made known meanwhile', async () => {
    const written = gate();
    const upload = inTransaction(source, (tx) =>
      storeLinks(pausing(tx, written), CHAIN, [heavy('build', { run: '1' })]),
    );
    await written.reached;
    // Each would wait for ever if the chain was held: asking needs it alone.
    await store(heavy('small', { run: '2', products: digest('a file') }));
    await ask(image);
    written.open();
    await upload;
    const { runs } = await linksOfRuns(source, CHAIN, image, anchorKeys(image));
    expect(runs.map(([member]) => member?.run)).toEqual(['1']);
    expect(await source.query('select subject from verification_mark')).toEqual([{ subject: image }]);
  });

  it('are stored once when two uploads write the files of one at the same time', async () => {
    const written = gate();
    const slow = inTransaction(source, (tx) => storeLinks(pausing(tx, written), CHAIN, [heavy('build')]));
    await written.reached;
    expect((await store(heavy('build')))[0]?.created).toBe(true);
    written.open();
    expect((await slow)[0]?.created).toBe(false);
    expect(await kinds()).toEqual(tied);
  });

  it('are found along MATCH rules when they are posted without a run while a layout proves them', async () => {
    const { materials, products } = heavy('build');
    await store(heavy('build', { run: '1', signers: [] }));
    const [waiting] = await unprovenLinks(source, CHAIN, ['key'], 10);
    if (!waiting) throw new Error('the link is proven already');
    await store(heavy('build', { signers: [] }));
    await inTransaction(source, (tx) =>
      setProven(tx, CHAIN, { ...waiting, materials, products, signers: [ALICE] }),
    );
    expect(await kinds()).toEqual(tied);
  });

  const statistics: [string, () => Promise<unknown>][] = [
    ['were never counted', async () => {}],
    ['were counted when there were none', () => source.query('vacuum analyze')],
    ['were counted when there were sixty', () => fillDatabase(database.url, [CHAIN], 60)],
  ];
  it.each(statistics)('cost some rows a file, in any order, where rows %s', async (_, count) => {
    await count();
    // Not to be counted again while the story goes on.
    await source.query('alter table link_artifact set (autovacuum_enabled = false)');
    await source.query('alter table link set (autovacuum_enabled = false)');
    for (const name of ['first', 'second']) await store(heavy(name, { run: name }));
    await source.query(
      `insert into link_artifact (chain_id, digest, kind, step, link)
       select $1, sha256(n::text::bytea), n % 2, 'build', 0 from generate_series(1, 60000) n`,
      [CHAIN],
    );
    const anchors = files('third', FILES - 1);
    await ask(digest('third 0'));
    await source.query(
      'insert into subject_watch (chain_id, digest, subject) select $1, digest, $2 from unnest($3::bytea[]) digest',
      [CHAIN, image, Array.from({ length: FILES - 1 }, (_, i) => anchors.subarray(i * 32, i * 32 + 32))],
    );
    const postings = [{ run: 'third' }, {}, {}, { run: 'again', declared: digest('unknown') }];
    for (const about of postings) {
      await inTransaction(source, async (tx) => {
        const costs: [number, string][] = [];
        await storeLinks(counting(tx, costs), CHAIN, [heavy('third', { products: anchors, ...about })]);
        expect(costs.filter(([rows]) => rows > 25 * FILES)).toEqual([]);
      });
    }
    await store(heavy('fourth', { signers: [] }));
    const [waiting] = await unprovenLinks(source, CHAIN, ['key'], 10);
    if (!waiting) throw new Error('the link is proven already');
    const { materials, products } = heavy('fourth');
    await inTransaction(source, async (tx) => {
      const costs: [number, string][] = [];
      await setProven(counting(tx, costs), CHAIN, { ...waiting, materials, products, signers: [ALICE] });
      expect(costs.filter(([rows]) => rows > 25 * FILES)).toEqual([]);
    });
  });

  it('are stored and tied with a hundred thousand files', async () => {
    const products = files('everything', FILES_AT_MOST - 1);
    await store(heavy('everything', { products, run: '1' }));
    await store(heavy('everything', { products }));
    expect(await kinds()).toEqual({ [Kind.tied]: 1, [Kind.tied | Kind.product]: FILES_AT_MOST - 1 });
  }, 60_000);
});

interface Gate {
  readonly reached: Promise<void>;
  readonly opened: Promise<void>;
  readonly arrive: () => void;
  readonly open: () => void;
}

function gate(): Gate {
  let [arrive, open] = [(): void => {}, (): void => {}];
  const reached = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { reached, opened, arrive, open };
}

/** Waits at the gate once it has written the files of a link. */
function pausing(tx: Transaction, { arrive, opened }: Gate): Transaction {
  return asking(tx, async (statement, values) => {
    const rows = await tx.query(statement, values);
    if (statement.includes('insert into link_artifact')) {
      arrive();
      await opened;
    }
    return rows;
  });
}

/** Notes of each statement how many rows it visits. */
function counting(tx: Transaction, costs: [number, string][]): Transaction {
  return asking(tx, async (statement, values) => {
    costs.push([await rowsVisited((text) => tx.query(text), statement, values), statement]);
    return tx.query(statement, values);
  });
}

function asking(
  tx: Transaction,
  query: (statement: string, values: unknown[]) => Promise<unknown>,
): Transaction {
  return new Proxy(tx, {
    get: (target, name) => (name === 'query' ? query : Reflect.get(target, name)),
  });
}
