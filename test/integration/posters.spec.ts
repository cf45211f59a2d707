import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createDataSource } from '#persistence/data-source.js';
import type { NewLink } from '#persistence/links/new-link.js';
import type { Posting } from '#persistence/links/postings.js';
import { storeLinks } from '#persistence/links/store-links.js';
import type { Poster } from '#persistence/postings/poster.js';
import { inTransaction } from '#persistence/transaction.js';
import { sha256 } from '#storage/content-address.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';

const CHAIN = 1;
const digest = (text: string): Buffer => sha256(Buffer.from(text));
const image = digest('image');

const ci: Poster = { principal: 'ci', token: 'c1' };
const rotated: Poster = { principal: 'ci', token: 'c2' };
const scanner: Poster = { principal: 'scanner', token: 's1' };

describe('who posted a link', () => {
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
      'truncate link, link_artifact, link_key, statement_signer, run_link, posting, declaration, subject, subject_key, run_subject, verification_mark restart identity',
    ),
  );

  const link = (name: string, poster?: Poster, about: Partial<NewLink> = {}): NewLink => ({
    id: digest(name),
    statement: digest(name),
    step: 'build',
    container: 'metablock',
    keyids: ['key-1'],
    size: 100,
    materials: Buffer.alloc(0),
    products: digest(`product of ${name}`),
    signers: [digest('bob')],
    run: '7',
    attempt: 1,
    declared: undefined,
    poster,
    ...about,
  });
  /** Stores them in one transaction, and returns what is recorded of it. */
  const store = async (...links: NewLink[]): Promise<readonly Posting[]> => {
    let recorded: readonly Posting[] = [];
    await inTransaction(source, (tx) =>
      storeLinks(tx, CHAIN, links, async (postings) => {
        recorded = postings;
      }),
    );
    return recorded;
  };
  const postings = () =>
    source.query(
      'select run, principal, token, attempt, joined::integer from posting order by joined, principal',
    );
  const members = () => source.query('select run, seq::integer as joined, attempt from run_link');
  const files = () => source.query('select principal, token from link');

  it('is recorded with the file, and with its place in the run', async () => {
    const [recorded] = await store(link('build', ci));
    expect(recorded).toMatchObject({
      created: true,
      poster: ci,
      run: { name: '7', attempt: 1, joined: '1' },
    });
    expect(await files()).toEqual([ci]);
    expect(await postings()).toEqual([{ run: '7', ...ci, attempt: 1, joined: 1 }]);
    expect(await members()).toEqual([{ run: '7', attempt: 1, joined: 1 }]);
  });

  it('is recorded of everybody who posts it to the run, who then has a place of his own', async () => {
    await store(link('build', ci));
    const [recorded] = await store(link('build', scanner));
    expect(recorded).toMatchObject({ created: false, poster: scanner, run: { name: '7', attempt: 1 } });
    expect(await files()).toEqual([ci]);
    expect((await postings()).map(({ principal }: Poster) => principal)).toEqual(['ci', 'scanner']);
    expect(await members()).toEqual([{ run: '7', attempt: 1, joined: 1 }]);
  });

  it('is recorded once: the same again, by whichever token of the principal, is no news', async () => {
    await store(link('build', ci));
    expect(await store(link('build', ci), link('build', rotated))).toEqual([]);
    expect(await postings()).toHaveLength(1);
  });

  it('wakes nobody for a link that is a member already', async () => {
    await store(link('build', ci, { declared: image }));
    await source.query('truncate verification_mark');
    await store(link('build', scanner, { declared: image }));
    expect(await source.query('select from verification_mark')).toEqual([]);
  });

  it('has an attempt of his own, and the run of that name the highest', async () => {
    await store(link('build', ci, { attempt: 2 }));
    await store(link('build', scanner));
    await store(link('build', rotated, { attempt: 3 }));
    const attempts = await source.query('select principal, token, attempt from posting order by principal');
    expect(attempts).toEqual([
      { ...rotated, attempt: 3 },
      { ...scanner, attempt: 1 },
    ]);
    expect(await members()).toEqual([{ run: '7', attempt: 3, joined: 1 }]);
  });

  it('is told apart in one transaction, too: who comes first in it is the poster of the file', async () => {
    const recorded = await store(link('build', scanner), link('build', ci), link('build', ci, { run: '8' }));
    expect(recorded.map(({ poster, run }) => [poster?.principal, run?.name, run?.joined])).toEqual([
      ['scanner', '7', '1'],
      ['ci', '7', '2'],
      ['ci', '8', '3'],
    ]);
    expect(await files()).toEqual([scanner]);
    expect(await source.query('select seq::integer from run_link order by run')).toEqual([
      { seq: 1 },
      { seq: 3 },
    ]);
  });

  it('is recorded without a run as well, of everybody', async () => {
    await store(link('build', ci, { run: undefined }));
    const [recorded] = await store(link('build', scanner, { run: undefined, attempt: 5 }));
    expect(recorded).toMatchObject({ poster: scanner, run: undefined });
    expect(await postings()).toEqual([
      { run: '', ...ci, attempt: 1, joined: null },
      { run: '', ...scanner, attempt: 1, joined: null },
    ]);
    expect(await members()).toEqual([]);
  });

  it('is recorded of a declaration, by everybody who makes it', async () => {
    await store(link('build', ci, { declared: image }));
    const [recorded] = await store(link('build', scanner, { declared: image }));
    expect(recorded).toMatchObject({ poster: scanner, declared: image });
    expect(await store(link('build', scanner, { declared: image }))).toEqual([]);
    expect(await source.query('select run, principal, token from declaration order by principal')).toEqual([
      { run: '7', ...ci },
      { run: '7', ...scanner },
    ]);
    expect(await source.query('select run from run_subject')).toEqual([{ run: '7' }]);
  });

  it('is not known of what an earlier version stored, and is known of who posts it after that', async () => {
    await store(link('build', undefined));
    expect(await files()).toEqual([{ principal: '', token: '' }]);
    expect(await postings()).toEqual([]);
    await store(link('build', ci));
    expect(await files()).toEqual([{ principal: '', token: '' }]);
    expect((await postings()).map(({ joined }: { joined: number }) => joined)).not.toEqual([1]);
    expect(await members()).toEqual([{ run: '7', attempt: 1, joined: 1 }]);
  });

  it('has one turn with all tokens of the principal', async () => {
    await store(link('one', ci, { declared: digest('image one') }));
    await store(link('another', rotated, { declared: digest('another image') }));
    expect(await source.query('select distinct principal from verification_mark')).toEqual([
      { principal: 'ci' },
    ]);
  });
});
