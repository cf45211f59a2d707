import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../support/client.js';
import { type ExampleChain, exampleChain } from '../support/example-chain.js';
import { type Service, startService } from '../support/service.js';
import { link, sha256Hex, signMetablock } from '../support/supply-chain.js';

describe('a verdict', () => {
  let service: Service;
  let operator: Client;

  beforeAll(async () => {
    service = await startService();
    operator = service.operator;
  });

  afterAll(() => service.stop());

  /** A chain of this story's own, with the first links of its run posted. */
  const chainWith = async (name: string, posted: number): Promise<ExampleChain> => {
    const chain = exampleChain({ seed: name });
    await operator.found(name, chain);
    for (const { bytes } of chain.links.slice(0, posted)) {
      await operator.postLink(bytes, { chain: name, run: '1', subject: chain.imageDigest });
    }
    return chain;
  };

  it('is unknown while no link speaks of the digest', async () => {
    await chainWith('acme/silent', 0);
    const { status, body, headers } = await operator.verdict(`sha256:${sha256Hex('nobody')}`, 'acme/silent');
    expect([status, body.code]).toEqual([404, 'SUBJECT_UNKNOWN']);
    expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
  });

  it('is pending while steps are missing, and says which and by whom', async () => {
    const { imageDigest, functionaries } = await chainWith('acme/pending', 3);
    await expect
      .poll(async () => (await operator.verdict(imageDigest)).body.missing, { timeout: 10_000 })
      .toEqual([
        expect.objectContaining({ step: 'test', threshold: 2, have: 1 }),
        { step: 'package', threshold: 1, have: 0, authorizedKeyids: [functionaries.carol.keyid] },
      ]);
    const { status, headers, body } = await operator.verdict(imageDigest);
    expect([status, body.verdict, body.allowed]).toEqual([202, 'pending', false]);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('is pass when every step is there, and names the evidence', async () => {
    const chain = await chainWith('acme/pass', 5);
    const { status, body } = await operator.waitForVerdict(chain.imageDigest, 'pass');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      digest: chain.imageDigest,
      chain: 'acme/pass',
      verdict: 'pass',
      allowed: true,
      findings: [],
      missing: [],
      layout: { id: sha256Hex(chain.layout), version: 1 },
      validUntil: '2099-12-31T23:59:59.000Z',
    });
    const evidence = body.evidence as { link: string; run: string }[];
    expect(evidence.map((item) => item.link).sort()).toEqual(
      chain.links.map(({ bytes }) => sha256Hex(bytes)).sort(),
    );
    expect(Date.parse(String(body.evaluatedAt))).not.toBeNaN();
  });

  it('is fail when the evidence contradicts the layout, and says where', async () => {
    const { imageDigest, functionaries } = await chainWith('acme/fail', 5);
    const swapped = link('build', {
      materials: { 'src/file-0.c': 'swapped' },
      products: { 'bin/app': 'other' },
    });
    await operator.postLink(signMetablock(swapped, functionaries.bob), { chain: 'acme/fail', run: '1' });
    const { status, body } = await operator.waitForVerdict(imageDigest, 'fail');
    expect([status, body.allowed]).toEqual([200, false]);
    expect(body.findings).toContainEqual(
      expect.objectContaining({ severity: 'error', step: 'build', paths: ['src/file-0.c'] }),
    );
  });

  it('of one build is not completed by another build', async () => {
    const chain = await chainWith('acme/mix', 4);
    for (const { bytes } of chain.links.slice(4)) {
      await operator.postLink(bytes, { chain: 'acme/mix', run: 'another', subject: chain.imageDigest });
    }
    await expect
      .poll(async () => (await operator.verdict(chain.imageDigest)).body.missing, { timeout: 10_000 })
      .not.toHaveLength(0);
    expect((await operator.verdict(chain.imageDigest)).body.verdict).toBe('pending');
  });

  it('has an ETag that answers 304 until something changes', async () => {
    const chain = await chainWith('acme/etag', 4);
    await expect
      .poll(async () => (await operator.verdict(chain.imageDigest)).body.missing, { timeout: 10_000 })
      .not.toHaveLength(0);
    await expect.poll(async () => (await service.query('select 1 from verification_mark')).length).toBe(0);
    const before = await operator.verdict(chain.imageDigest);
    const path = `/verdicts/${chain.imageDigest}`;
    const etag = before.headers.get('etag') ?? '';
    const ask = () => operator.call(path, { headers: { 'if-none-match': `"other", ${etag}` } });
    const same = await ask();
    expect([same.status, same.bytes.length, same.headers.get('etag')]).toEqual([304, 0, etag]);
    for (const { bytes } of chain.links.slice(4)) {
      await operator.postLink(bytes, { chain: 'acme/etag', run: '1' });
    }
    await operator.waitForVerdict(chain.imageDigest, 'pass');
    const changed = await ask();
    expect([changed.status, changed.headers.get('etag') === etag]).toEqual([200, false]);
  });

  it('allows nothing once another layout is in force, until it was verified by that one', async () => {
    const chain = await chainWith('acme/rotated', 5);
    await operator.waitForVerdict(chain.imageDigest, 'pass');
    const next = exampleChain({ seed: 'acme/rotated', expires: '2090-01-01T00:00:00Z' });
    await operator.postLayout('acme/rotated', next.layout);
    const { body } = await operator.verdict(chain.imageDigest);
    expect((body.layout as { version: number } | null)?.version).not.toBe(1);
    const after = await operator.waitForVerdict(chain.imageDigest, 'pass');
    expect(after.body).toMatchObject({ layout: { version: 2 }, validUntil: '2090-01-01T00:00:00.000Z' });
  });

  it('of a digest that two chains know needs to be told which', async () => {
    const chain = await chainWith('acme/first', 5);
    await operator.found('acme/second', chain);
    await operator.postRun(chain, { chain: 'acme/second', run: '1' });
    const { status, body } = await operator.verdict(chain.imageDigest);
    expect([status, body.code]).toEqual([400, 'CHAIN_REQUIRED']);
    const deployer = operator.as(await operator.createToken(['read'], 'acme/second'));
    expect((await deployer.waitForVerdict(chain.imageDigest, 'pass')).body.chain).toBe('acme/second');
  });

  it.each([
    'sha256:00',
    'sha256:',
    'latest',
    `SHA256:${'a'.repeat(64)}`,
    `sha256:${'A'.repeat(64)}`,
    `sha512:${'a'.repeat(128)}`,
    '%00',
  ])('is not asked for by %s', async (digest) => {
    const { status, body } = await operator.verdict(digest);
    expect([status, body.status]).toEqual([400, 400]);
  });
});
