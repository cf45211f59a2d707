import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Client, expectStatus } from '../support/client.js';
import { type ExampleChain, exampleChain } from '../support/example-chain.js';
import { keyFingerprint } from '../support/key-fingerprint.js';
import { type Service, startService } from '../support/service.js';

interface Past {
  readonly verdict: string;
  readonly cause: string[];
  readonly countsFrom: string;
  readonly findings: string[];
}

describe('the past of a digest', () => {
  let service: Service;
  let operator: Client;
  let chains = 0;

  beforeAll(async () => {
    service = await startService();
    operator = service.operator;
  });

  afterAll(() => service.stop());

  /** A time that nothing else of the story happens at. */
  const now = async (): Promise<string> => {
    await sleep(5);
    const time = new Date().toISOString();
    await sleep(5);
    return time;
  };
  const found = async (): Promise<{ chain: string; web: ExampleChain }> => {
    chains += 1;
    const chain = `acme/past-${chains}`;
    const web = exampleChain({ seed: chain });
    await operator.found(chain, web);
    return { chain, web };
  };
  const ask = (web: ExampleChain, chain: string, asOf: string) =>
    operator.get(`/verdicts/${web.imageDigest}?${new URLSearchParams({ chain, asOf })}`);
  const told = async (web: ExampleChain, chain: string, asOf: string) => {
    const { body } = expectStatus(await ask(web, chain, asOf), 200);
    const [first] = body.findings as { code: string }[];
    return [body.verdict, body.wasAllowed, first?.code];
  };
  const history = async (web: ExampleChain, chain: string, query = '') => {
    const path = `/verdicts/${web.imageDigest}/history?chain=${chain}${query}`;
    return expectStatus(await operator.get(path), 200).body as { verdicts: Past[]; next: string | null };
  };

  it('tells what was known and counted at a time: evidence, layout and keys', async () => {
    const { chain, web } = await found();
    const before = await now();
    const [last] = web.links.slice(-1);
    for (const { bytes } of web.links.slice(0, -1)) {
      await operator.postLink(bytes, { chain, run: '1', subject: web.imageDigest });
    }
    await vi.waitFor(async () => expect((await history(web, chain)).verdicts).not.toEqual([]), 10_000);
    const incomplete = await now();
    await operator.postLink(last?.bytes ?? Buffer.alloc(0), { chain, run: '1' });
    await operator.waitForVerdict(web.imageDigest, 'pass', chain);
    const complete = await now();
    const alice = keyFingerprint(web.functionaries.alice);
    const path = `/keys/${alice}/suspend?chain=${chain}`;
    expectStatus(await operator.post(path, { reason: 'she left her laptop in a train' }), 200);
    const suspended = await now();
    const next = exampleChain({ seed: chain, expires: '2090-01-01T00:00:00Z' });
    expectStatus(await operator.postLayout(chain, next.layout), 201);
    const rotated = await now();

    expect((await ask(web, chain, before)).body.code).toBe('SUBJECT_UNKNOWN');
    expect((await told(web, chain, incomplete)).slice(0, 2)).toEqual(['pending', false]);
    expect(await told(web, chain, complete)).toEqual(['pass', true, undefined]);
    expect(await told(web, chain, suspended)).toEqual(['fail', false, 'KEY_SUSPENDED']);
    expect((await told(web, chain, rotated)).slice(0, 2)).toEqual(['pending', false]);
  });

  it('tells of the millisecond at which something is said to have happened that it had', async () => {
    const { chain, web } = await found();
    await operator.postRun(web, { chain, run: '1', subject: web.imageDigest });
    await operator.waitForVerdict(web.imageDigest, 'pass', chain);
    const path = `/keys/${keyFingerprint(web.functionaries.alice)}/suspend?chain=${chain}`;
    const { body } = expectStatus(await operator.post(path, { reason: 'her laptop is gone' }), 200);
    const { recordedAt } = body.change as { recordedAt: string };
    const moments = (await history(web, chain)).verdicts.map(({ verdict, countsFrom }) => [
      countsFrom,
      verdict,
    ]);
    await sleep(5);
    for (const [countsFrom = '', verdict] of moments) {
      expect((await told(web, chain, countsFrom))[0]).toBe(verdict);
    }
    expect(await told(web, chain, recordedAt)).toEqual(['fail', false, 'KEY_SUSPENDED']);
  });

  it('gives nothing to a gate that was told a time by mistake', async () => {
    const { chain, web } = await found();
    await operator.postRun(web, { chain, run: '1', subject: web.imageDigest });
    await operator.waitForVerdict(web.imageDigest, 'pass', chain);
    const reply = await ask(web, chain, await now());
    expect(reply.headers.get('cache-control')).toBe('private, no-store');
    expect(reply.headers.get('etag')).toBeNull();
    expect(reply.body).toMatchObject({ wasAllowed: true, asOf: expect.any(String) });
    expect(reply.body).not.toHaveProperty('allowed');
  });

  it('judges by the settings of the time', async () => {
    const { chain, web } = await found();
    await operator.postRun(web, { chain, run: '1', subject: web.imageDigest });
    await operator.waitForVerdict(web.imageDigest, 'pass', chain);
    const { verdicts } = await history(web, chain);
    expect(verdicts[0]).toMatchObject({ verdict: 'pass' });
    await operator.call(`/chains/settings?chain=${chain}`, {
      method: 'PUT',
      body: JSON.stringify({ maxAge: { tag: 1_000_000 } }),
    });
    await vi.waitFor(async () => {
      const newest = (await history(web, chain)).verdicts[0];
      expect(newest).toMatchObject({ verdict: 'pass', cause: ['settings'] });
    }, 10_000);
    expect((await told(web, chain, await now())).slice(0, 2)).toEqual(['pass', true]);
  });

  it('is not changed by a setting about a step that there is none of, and whoever sets it is warned', async () => {
    const { chain } = await found();
    const settings = { maxAge: { tag: 60, tagg: 60 }, anchorSteps: ['pack'] };
    const { body } = await operator.call(`/chains/settings?chain=${chain}`, {
      method: 'PUT',
      body: JSON.stringify(settings),
    });
    expect(body).toMatchObject({
      settings,
      warnings: [
        { code: 'STEP_UNKNOWN', where: 'maxAge', message: expect.stringContaining('"tagg"') },
        { code: 'STEP_UNKNOWN', where: 'anchorSteps', fix: expect.stringContaining('"tag", "build"') },
      ],
    });
  });

  it('is told in full, newest first, page by page, with what caused each verdict', async () => {
    const { chain, web } = await found();
    for (const { bytes } of web.links) {
      const { verdicts } = await history(web, chain).catch(() => ({ verdicts: [] }));
      await operator.postLink(bytes, { chain, run: '1', subject: web.imageDigest });
      await vi.waitFor(async () => {
        expect((await history(web, chain)).verdicts.length).toBeGreaterThan(verdicts.length);
      }, 10_000);
    }
    await operator.waitForVerdict(web.imageDigest, 'pass', chain);
    const next = exampleChain({ seed: chain, expires: '2090-01-01T00:00:00Z' });
    expectStatus(await operator.postLayout(chain, next.layout), 201);
    const verdicts = await vi.waitFor(async () => {
      const told = await history(web, chain);
      expect(told.verdicts[0]?.cause).toEqual(['layout']);
      return told.verdicts;
    }, 10_000);

    expect(verdicts.at(-1)).toMatchObject({ verdict: 'pending', cause: ['first'], replay: null, engine: 5 });
    expect(verdicts[1]).toMatchObject({ verdict: 'pass', cause: ['evidence'], layout: { version: 1 } });
    expect(verdicts[0]).toMatchObject({ verdict: 'pass', cause: ['layout'], layout: { version: 2 } });

    const pages: Past[] = [];
    for (let cursor = ''; ; ) {
      const page = await history(web, chain, `&limit=2${cursor}`);
      pages.push(...page.verdicts);
      if (page.next === null) break;
      cursor = `&cursor=${page.next}`;
    }
    expect(pages).toEqual(verdicts);
  });

  it.each([
    ['tomorrow', 'QUERY_INVALID'],
    ['2026-01-01', 'QUERY_INVALID'],
    [new Date(Date.now() + 3_600_000).toISOString(), 'QUERY_INVALID'],
    ['2020-01-01T00:00:00+02:00', 'SUBJECT_UNKNOWN'],
  ])('is not told as of %s', async (asOf, code) => {
    const { chain, web } = await found();
    expect((await ask(web, chain, asOf)).body.code).toBe(code);
  });
});
