import { readFile, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ExampleChain, exampleChain } from '../support/example-chain.js';
import { type Service, startService } from '../support/service.js';
import { sha256Hex } from '../support/supply-chain.js';

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

  it('gives out no damaged link', async () => {
    await writeFile(blob, 'something else');
    const { status, body } = await service.operator.get(`/links/${blob.slice(-64)}?chain=${CHAIN}`);
    expect({ status, code: body.code }).toEqual({ status: 500, code: 'INTERNAL' });
  });
});
