import { createHash } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDataSource } from '#persistence/data-source.js';
import { findLinks, type LinkFilter } from '#persistence/links/find-links.js';
import type { NewLink } from '#persistence/links/new-link.js';
import { storeLinks } from '#persistence/links/store-links.js';
import { inTransaction } from '#persistence/transaction.js';
import { rowsVisited } from '../support/plans.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';

const CHAIN = 1;
const LINKS = 600;
const WALKED = 50;

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
const rare = digest('a file of two links');

/** Bob has signed every link of the chain: nearly all of them builds of files that no other build has. */
function links(): NewLink[] {
  return Array.from({ length: LINKS }, (_, n): NewLink => {
    const isRare = n === 10 || n === 300;
    return {
      id: digest(`link ${n}`),
      statement: digest(`link ${n}`),
      step: isRare ? 'release' : 'build',
      container: 'metablock',
      keyids: ['bob'],
      size: 100,
      materials: Buffer.alloc(0),
      products: Buffer.concat([digest(`file ${n}`), ...(isRare ? [rare] : [])]),
      signers: [Buffer.alloc(32, 1)],
      run: `${n}`,
      attempt: 1,
      declared: undefined,
    };
  });
}

describe('links of a busy key, sought by something else beside it', () => {
  let database: TestDatabase;
  let source: DataSource;

  beforeAll(async () => {
    database = await createDatabase();
    source = await createDataSource(database.url).initialize();
    await inTransaction(source, (tx) => storeLinks(tx, CHAIN, links()));
  });

  afterAll(async () => {
    await source.destroy();
    await database.drop();
  });

  const sought: [string, LinkFilter][] = [
    ['a step', { keyid: 'bob', step: 'release' }],
    ['a file', { keyid: 'bob', digest: rare }],
    ['both', { keyid: 'bob', step: 'release', digest: rare }],
  ];

  it.each(sought)('by %s, are found page by page, each of which looks at so many', async (_, filter) => {
    const found: Buffer[] = [];
    let pages = 0;
    let before: string | undefined;
    do {
      const page = await findLinks(source, CHAIN, { ...filter, before }, 10, WALKED);
      found.push(...page.links.map(({ id }) => id));
      before = page.next ?? undefined;
      pages += 1;
    } while (before !== undefined);
    expect(found.sort(Buffer.compare)).toEqual([digest('link 300'), digest('link 10')].sort(Buffer.compare));
    // The last page finds nothing left to look at.
    expect(pages).toBe(LINKS / WALKED + 1);
  });

  it.each(sought)('by %s, cost no more rows than a page looks at', async (_, filter) => {
    await inTransaction(source, async (tx) => {
      let rows = 0;
      const counting = {
        query: async (statement: string, values: unknown[]) => {
          rows += await rowsVisited((text) => tx.query(text), statement, values);
          return tx.query(statement, values);
        },
      };
      await findLinks(counting as never, CHAIN, filter, 10, WALKED);
      expect(rows).toBeGreaterThan(WALKED);
      expect(rows).toBeLessThan(10 * WALKED);
    });
  });

  it('fill a page and go on after its last, where there are enough', async () => {
    const filter = { keyid: 'bob', step: 'build' };
    const first = await findLinks(source, CHAIN, filter, 10, WALKED);
    expect(first.links).toHaveLength(10);
    expect(first.next).toBe(first.links.at(-1)?.seq);
    const second = await findLinks(source, CHAIN, { ...filter, before: first.next ?? '' }, 10, WALKED);
    const both = await findLinks(source, CHAIN, filter, 20, WALKED);
    const ids = [...first.links, ...second.links].map(({ id }) => id);
    expect(ids).toEqual(both.links.map(({ id }) => id));
  });
});
