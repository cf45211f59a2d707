import { readFile, rm, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EvidenceReader } from '#verification/evidence-reader.js';
import { type ExampleChain, exampleChain } from '../support/example-chain.js';
import { type Service, startService } from '../support/service.js';
import { link, sha256Hex, signMetablock } from '../support/supply-chain.js';

const CHAIN = 'acme/web';

describe('evidence that is damaged or lost', () => {
  let service: Service;
  let chain: ExampleChain;
  let blob: string;

  beforeEach(async () => {
    service = await startService();
    chain = exampleChain({ seed: 'damaged' });
    await service.operator.found(CHAIN, chain);
    for (const { bytes } of chain.links.slice(0, -1)) {
      await service.operator.postLink(bytes, { chain: CHAIN, run: '1' });
    }
    const [first] = chain.links;
    blob = (await service.blobs()).find((path) => first && path.endsWith(sha256Hex(first.bytes))) ?? '';
  });

  afterEach(() => service.stop());

  const postLast = async () => {
    const [last] = chain.links.slice(-1);
    if (last)
      await service.operator.postLink(last.bytes, { chain: CHAIN, run: '1', subject: chain.imageDigest });
  };
  const hasFailed = () => service.log.some((line) => line.includes('verification failed'));
  const leaseRunsOut = () => service.query(`update verification_mark set claimed_until = '-infinity'`);

  it('allows nothing while a stored link is not what was posted, and passes when it is again', async () => {
    const original = await readFile(blob);
    await writeFile(blob, original.toString().replace('src/file-0.c', 'src/file-x.c'));
    await postLast();
    await expect.poll(hasFailed).toBe(true);
    const { status, body } = await service.operator.verdict(chain.imageDigest);
    expect({ status, allowed: body.allowed, verdict: body.verdict }).toEqual({
      status: 202,
      allowed: false,
      verdict: 'pending',
    });
    await writeFile(blob, original);
    await leaseRunsOut();
    await service.operator.waitForVerdict(chain.imageDigest, 'pass');
  });

  it('answers no older pass while verification fails, says whom to ask, and passes when it works again', async () => {
    const { operator } = service;
    await postLast();
    await operator.waitForVerdict(chain.imageDigest, 'pass');
    const spy = vi.spyOn(service.app.get(EvidenceReader), 'gather').mockRejectedValue(new Error('secret'));
    const forged = signMetablock(link('package', { byproducts: { again: 1 } }), chain.owner);
    await operator.postLink(forged, { chain: CHAIN, run: '1' });
    const { status, body } = await operator.waitForVerdict(chain.imageDigest, 'pending');
    expect({ status, allowed: body.allowed }).toEqual({ status: 202, allowed: false });
    expect(body.findings).toEqual([
      expect.objectContaining({
        code: 'VERIFICATION_FAILED',
        fix: expect.stringContaining('POST /marks/retry'),
      }),
    ]);
    expect(JSON.stringify(body)).not.toContain('secret');
    expect((await operator.get('/marks?state=waiting')).body.marks).toHaveLength(1);
    spy.mockRestore();
    await leaseRunsOut();
    await operator.waitForVerdict(chain.imageDigest, 'pass');
  });

  it('answers no older pass when a link is lost that it rests on', async () => {
    await postLast();
    await service.operator.waitForVerdict(chain.imageDigest, 'pass');
    await service.restart();
    await rm(blob);
    const forged = signMetablock(link('package', { byproducts: { again: 1 } }), chain.owner);
    await service.operator.postLink(forged, { chain: CHAIN, run: '1' });
    const { body } = await service.operator.waitForVerdict(chain.imageDigest, 'pending');
    expect(body.findings).toMatchObject([{ code: 'VERIFICATION_FAILED' }]);
  });

  it('gives up after many attempts, tells the operator, and passes when told to try again', async () => {
    const { operator } = service;
    const original = await readFile(blob);
    await writeFile(blob, 'something else');
    await postLast();
    await expect.poll(hasFailed).toBe(true);
    await service.query(
      `update verification_mark set attempts = 8, claimed_until = now() - interval '1 second'`,
    );
    const { marks } = (await operator.get('/marks')).body;
    expect(marks).toEqual([
      { chain: CHAIN, digest: chain.imageDigest, attempts: 8, markedAt: expect.any(String) },
    ]);
    expect((await operator.get('/marks?state=waiting')).body).toEqual({ marks: [] });
    expect((await service.scraper.get('/metrics')).bytes.toString()).toMatch(/^custody_dead_marks 1$/m);
    await writeFile(blob, original);
    expect((await operator.post(`/marks/retry?chain=${CHAIN}`, '')).body).toEqual({ retried: 1 });
    await operator.waitForVerdict(chain.imageDigest, 'pass');
    expect((await service.scraper.get('/metrics')).bytes.toString()).toMatch(/^custody_dead_marks 0$/m);
  });

  it('gives out no damaged link', async () => {
    await writeFile(blob, 'something else');
    const { status, body } = await service.operator.get(`/links/${blob.slice(-64)}?chain=${CHAIN}`);
    expect({ status, code: body.code }).toEqual({ status: 500, code: 'INTERNAL' });
  });
});
