import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../support/client.js';
import { exampleChain } from '../support/example-chain.js';
import { type Service, startService } from '../support/service.js';
import { link, sha256Hex, signMetablock } from '../support/supply-chain.js';

const CHAIN = 'acme/web';

interface Posted {
  readonly id: string;
  readonly step: string;
  readonly run: string;
  readonly keyids: readonly string[];
  /** Of its materials and products. */
  readonly contents: readonly string[];
}

describe('finding links', () => {
  let service: Service;
  let operator: Client;
  const { functionaries, ...chain } = exampleChain();
  const { alice, bob, carol } = functionaries;
  /** What was posted, the newest first. */
  const posted: Posted[] = [];

  beforeAll(async () => {
    service = await startService();
    operator = service.operator;
    await operator.found(CHAIN, { ...chain, functionaries });
    for (let run = 1; run <= 3; run += 1) {
      const [source, app] = [{ 'src/a.c': `source ${run}` }, { 'bin/app': `app ${run}` }];
      const files = [
        signMetablock(link('tag', { products: source }), alice),
        signMetablock(link('build', { materials: source, products: app }), bob),
        signMetablock(link('test', { materials: app }), [bob, carol]),
      ];
      const known = [
        { step: 'tag', keyids: [alice.keyid], contents: [`source ${run}`] },
        { step: 'build', keyids: [bob.keyid], contents: [`source ${run}`, `app ${run}`] },
        { step: 'test', keyids: [bob.keyid, carol.keyid], contents: [`app ${run}`] },
      ];
      for (const [at, about] of known.entries()) {
        const bytes = files[at] ?? Buffer.alloc(0);
        await operator.postLink(bytes, { chain: CHAIN, run: `run-${run}` });
        posted.unshift({ id: sha256Hex(bytes), run: `run-${run}`, ...about });
      }
    }
  });

  afterAll(() => service.stop());

  const find = async (query: string) => {
    const { body } = await operator.get(`/links?chain=${CHAIN}&${query}`);
    return body as { links: { id: string; step: string; runs: string[] }[]; next: string | null };
  };
  const stepsAndRuns = async (query: string) =>
    (await find(query)).links.map(({ step, runs }) => `${step} of ${runs}`);

  it('by step, newest first', async () => {
    expect(await stepsAndRuns('step=build')).toEqual(['build of run-3', 'build of run-2', 'build of run-1']);
  });

  it('by run', async () => {
    expect(await stepsAndRuns('run=run-2')).toEqual(['test of run-2', 'build of run-2', 'tag of run-2']);
  });

  it('by key', async () => {
    expect(await stepsAndRuns(`keyid=${carol.keyid}`)).toHaveLength(3);
    expect(await stepsAndRuns(`keyid=${bob.keyid}`)).toHaveLength(6);
    expect(await stepsAndRuns(`keyid=${bob.keyid.slice(0, 8)}`)).toEqual([]);
  });

  it('by the digest of a material or product', async () => {
    expect(await stepsAndRuns(`digest=sha256:${sha256Hex('app 2')}`)).toEqual([
      'test of run-2',
      'build of run-2',
    ]);
  });

  it('by several of these together', async () => {
    expect(
      await stepsAndRuns(`digest=sha256:${sha256Hex('app 2')}&step=test&keyid=${bob.keyid}&run=run-2`),
    ).toEqual(['test of run-2']);
    expect(await stepsAndRuns('step=build&run=no-such-run')).toEqual([]);
  });

  it('page by page, each link once, also when new ones arrive meanwhile', async () => {
    const whole = (await find('')).links.map(({ id }) => id);
    const paged: string[] = [];
    let cursor = '';
    do {
      const page = await find(`limit=2${cursor}`);
      paged.push(...page.links.map(({ id }) => id));
      await operator.postLink(signMetablock(link('tag', { products: { new: `${paged.length}` } }), alice), {
        chain: CHAIN,
      });
      cursor = page.next === null ? '' : `&cursor=${page.next}`;
    } while (cursor);
    expect(paged).toEqual(whole);
  });

  const [build, run2, byBob, app2] = [
    { query: 'step=build', holds: ({ step }: Posted) => step === 'build' },
    { query: 'run=run-2', holds: ({ run }: Posted) => run === 'run-2' },
    {
      query: `keyid=${bob.keyid}`,
      holds: ({ keyids }: Posted) => keyids.includes(bob.keyid),
    },
    {
      query: `digest=sha256:${sha256Hex('app 2')}`,
      holds: ({ contents }: Posted) => contents.includes('app 2'),
    },
  ] as const;
  it.each([
    [[build]],
    [[run2]],
    [[byBob]],
    [[app2]],
    [[build, run2]],
    [[build, byBob]],
    [[build, app2]],
    [[run2, byBob]],
    [[run2, app2]],
    [[byBob, app2]],
    [[build, run2, byBob]],
    [[build, byBob, app2]],
    [[run2, byBob, app2]],
    [[build, run2, byBob, app2]],
  ])('by any of these together, one a page: %j', async (filters) => {
    const expected = posted.filter((each) => filters.every(({ holds }) => holds(each))).map(({ id }) => id);
    const query = filters.map((filter) => filter.query).join('&');
    const paged: string[] = [];
    let cursor = '';
    do {
      const page = await find(`${query}&limit=1${cursor}`);
      paged.push(...page.links.map(({ id }) => id));
      cursor = page.next === null ? '' : `&cursor=${page.next}`;
    } while (cursor);
    expect(expected.length).toBeGreaterThan(0);
    expect(paged).toEqual(expected);
  });

  it.each([
    'limit=0',
    'limit=501',
    'limit=x',
    'cursor=abc',
    'digest=sha1:00',
    'colour=red',
    'digest=%00',
    'step=%00',
  ])('refuses %s and says which parameter is wrong', async (query) => {
    const { status, body } = await operator.get(`/links?chain=${CHAIN}&${query}`);
    expect([status, body.code]).toEqual([400, 'QUERY_INVALID']);
    expect(JSON.stringify(body.errors)).toContain(query.split('=')[0]);
  });

  it('names some of the runs of a link that is in very many, and says that there are others', async () => {
    const bytes = signMetablock(link('test', { products: { popular: '' } }), carol);
    const query = `step=test&digest=sha256:${sha256Hex('')}`;
    for (let run = 1; run <= 25; run += 1)
      await operator.postLink(bytes, { chain: CHAIN, run: `many-${run}` });
    const [found] = (await find(query)).links as unknown as {
      runs: string[];
      postings: unknown[];
      hasMore: boolean;
    }[];
    expect([found?.runs.length, found?.postings.length, found?.hasMore]).toEqual([20, 20, true]);
    const [other] = (await find('step=build')).links as unknown as { hasMore: boolean }[];
    expect(other?.hasMore).toBe(false);
  });
});
