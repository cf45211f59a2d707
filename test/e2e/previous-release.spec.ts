import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDataSource } from '#persistence/data-source.js';
import { FileBlobStore } from '#storage/file-blob-store.js';
import { Build, owner, signedPolicy } from '../attacks/pipeline.js';
import { Client, expectStatus } from '../support/client.js';
import { indexRows } from '../support/index-rows.js';
import { createDatabase, createEmptyDatabase, type TestDatabase } from '../support/postgres.js';
import { installPreviousRelease } from '../support/previous-release.js';
import { type Program, startProgram } from '../support/program.js';
import { codesOf, findingsOf, rebuildIndex } from '../support/store-check.js';
import { sha256Hex } from '../support/supply-chain.js';

const CHAIN = 'acme/web';

describe('an upgrade, with the previous release still at work', () => {
  let previous: Awaited<ReturnType<typeof installPreviousRelease>>;
  let database: TestDatabase;
  let dataDir: string;
  let environment: Record<string, string>;
  let token: string | undefined;
  const builds: Build[] = [];
  const running = new Set<Program>();

  beforeAll(async () => {
    previous = await installPreviousRelease();
    database = await createEmptyDatabase();
    dataDir = await mkdtemp(join(tmpdir(), 'custody-test-upgrade-'));
    environment = { DATABASE_URL: database.url, CUSTODY_DATA_DIR: dataDir };
  }, 180_000);

  afterAll(async () => {
    for (const program of running) await program.end('SIGTERM');
    await database?.drop();
    await rm(dataDir, { recursive: true, force: true });
    await previous?.remove();
  });

  const start = async (folder?: string): Promise<Program> => {
    const program = await startProgram('all-in-one', environment, folder);
    running.add(program);
    return program;
  };
  const stop = async (program: Program): Promise<void> => {
    running.delete(program);
    expect(await program.end('SIGTERM')).toBe(0);
  };
  const clientOf = ({ url }: Program): Client => new Client(url, token);

  /** CI posts to one process, a deploy tool asks another. */
  const turnsIntoVerdict = async (ingest: Program, query: Program): Promise<void> => {
    const build = new Build(`build ${builds.length}`);
    builds.push(build);
    for (const link of build.links) {
      const circumstances = { chain: CHAIN, run: build.name, subject: build.digest };
      expectStatus(await clientOf(ingest).postLink(link, circumstances), 201);
    }
    await clientOf(query).waitForVerdict(build.digest, 'pass', CHAIN);
  };
  /** As who posted the links of a build is told. */
  const postersOf = async (build: Build): Promise<unknown[]> => {
    const { body } = await clientOf(next).get(`/links?chain=${CHAIN}&run=${encodeURIComponent(build.name)}`);
    const links = body.links as { principal: string | null; postings: { principal: string }[] }[];
    return links.map(({ principal, postings }) => [principal, postings.map((posting) => posting.principal)]);
  };
  const postsAgain = async (program: Program, { name, digest, links }: Build): Promise<void> => {
    for (const link of links) {
      const circumstances = { chain: CHAIN, run: name, subject: digest };
      expectStatus(await clientOf(program).postLink(link, circumstances), 200);
    }
  };
  const hasEverything = async (program: Program): Promise<void> => {
    for (const { digest, links } of builds) {
      expect((await clientOf(program).verdict(digest, CHAIN)).body.allowed).toBe(true);
      for (const link of links) {
        const stored = await clientOf(program).get(`/links/${sha256Hex(link)}?chain=${CHAIN}`);
        expect(stored.bytes.equals(link)).toBe(true);
      }
    }
  };

  let old: Program;
  let next: Program;

  it('begins with the previous release and what it has stored', async () => {
    old = await start(previous.folder);
    await expect.poll(() => old.output(), { timeout: 10_000 }).toMatch(/custody_\w+/);
    token = /custody_\w+/.exec(old.output())?.[0];
    expectStatus(await clientOf(old).createChain(CHAIN, owner), 201);
    expectStatus(await clientOf(old).postLayout(CHAIN, signedPolicy()), 201);
    await turnsIntoVerdict(old, old);
  }, 60_000);

  it('migrates under it, and both do their work side by side', async () => {
    next = await start();
    await hasEverything(next);
    for (let time = 0; time < 5; time += 1) {
      await turnsIntoVerdict(old, next);
      await turnsIntoVerdict(next, old);
    }
  }, 60_000);

  it('records who posts from then on, and leaves open who did before, or does with the previous release', async () => {
    const principal = token?.split('_')[1];
    const [before, byOld, byNext] = builds as [Build, Build, Build];
    for (const build of [before, byOld]) {
      expect(await postersOf(build)).toEqual(build.links.map(() => [null, []]));
    }
    expect(await postersOf(byNext)).toEqual(byNext.links.map(() => [principal, [principal]]));

    await postsAgain(old, byNext);
    expect(await postersOf(byNext)).toEqual(byNext.links.map(() => [principal, [principal]]));
    await postsAgain(next, before);
    expect(await postersOf(before)).toEqual(before.links.map(() => [null, [principal]]));
    await hasEverything(next);
  }, 60_000);

  it('can be taken back: the previous release starts and works on the new schema alone', async () => {
    await stop(next);
    await turnsIntoVerdict(old, old);
    await stop(old);
    old = await start(previous.folder);
    await hasEverything(old);
    await turnsIntoVerdict(old, old);
  }, 60_000);

  it('ends with this release alone, which has everything', async () => {
    next = await start();
    await stop(old);
    await hasEverything(next);
    await turnsIntoVerdict(next, next);
  }, 60_000);

  it('leaves a store whose journal is written where there was none, and then brings all posters back', async () => {
    const blobs = new FileBlobStore(join(dataDir, 'blobs'));
    const source = await createDataSource(database.url).initialize();
    const repaired = await findingsOf({ source, blobs }, true);
    expect(codesOf(repaired)).toContain('JOURNAL_MISSING');
    expect(repaired.filter((finding) => !finding.repaired)).toEqual([]);
    expect(await findingsOf({ source, blobs })).toEqual([]);
    const empty = await createDatabase();
    const rebuilt = await createDataSource(empty.url).initialize();
    expect(await rebuildIndex({ source: rebuilt, blobs })).toEqual([]);
    // What was declared before there was a journal is not in it.
    const [after, before] = [await indexRows(rebuilt), await indexRows(source)];
    for (const table of ['link', 'run_link', 'posting', 'declaration'])
      expect(after[table]).toEqual(before[table]);
    expect(before.declaration).not.toEqual([]);
    await Promise.all([source.destroy(), rebuilt.destroy()]);
    await empty.drop();
  }, 60_000);
});
