import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Config } from '#platform/config.js';
import { VerificationService } from '#verification/verification-service.js';
import { VerificationThread } from '#verification/verification-thread.js';
import { expectStatus } from '../support/client.js';
import { exampleChain } from '../support/example-chain.js';
import { type Service, startService } from '../support/service.js';
import { layout, link, type SigningKey, sha256Hex, signMetablock } from '../support/supply-chain.js';

const CHAIN = 'acme/web';
const MIB = 1024 * 1024;

describe('evidence too large to be judged beside requests', () => {
  let service: Service;
  let thread: VerificationThread;
  const chain = exampleChain({ seed: 'heavy' });
  const { carol } = chain.functionaries;
  const forger: SigningKey = { ...carol, sign: () => Buffer.alloc(64) };

  beforeAll(async () => {
    service = await startService({ CUSTODY_EVIDENCE_HEAP_MIB: '128' });
    thread = service.app.get(VerificationThread);
    await service.operator.found(CHAIN, chain);
  });

  afterEach(() => {
    vi.restoreAllMocks();
  });

  afterAll(() => service.stop());

  /** A link of the last step with many files: about 2.6 MB, and 8 MB of heap. */
  const large = (by: SigningKey, nonce: number): Buffer => {
    const products = Object.fromEntries(
      Array.from({ length: 20_000 }, (_, at) => [`out/${nonce}/file-${at}.js`, '']),
    );
    return signMetablock(link('package', { products }), by);
  };
  const soundRun = async (run: string) => {
    await service.operator
      .postRun(chain, { chain: CHAIN, run, subject: chain.imageDigest })
      .catch(() => undefined);
    await service.operator.waitForVerdict(chain.imageDigest, 'pass', CHAIN);
  };

  it('is judged in a thread: forged links that together do not fit its heap are dropped one by one, and the pass stays', async () => {
    await soundRun('1');
    const asked = vi.spyOn(thread, 'find');
    for (let nonce = 0; nonce < 9; nonce++) {
      expectStatus(await service.operator.postLink(large(forger, nonce), { chain: CHAIN, run: '1' }), 201);
    }
    const findings = async () =>
      (await service.operator.verdict(chain.imageDigest, CHAIN)).body.findings as { code: string }[];
    await expect
      .poll(async () => (await findings()).filter(({ code }) => code === 'LINK_FORGED').length, {
        timeout: 50_000,
      })
      .toBe(9);
    expect((await service.operator.verdict(chain.imageDigest, CHAIN)).body.allowed).toBe(true);
    expect(asked).toHaveBeenCalled();
  }, 90_000);

  it('that counts and does not fit leaves the digest pending, and the next pipeline passes', async () => {
    for (let attempt = 2; attempt < 14; attempt++) {
      const bytes = large(carol, 100 + attempt);
      expectStatus(await service.operator.postLink(bytes, { chain: CHAIN, run: '1', attempt }), 201);
    }
    await expect
      .poll(async () => (await service.operator.verdict(chain.imageDigest, CHAIN)).body, { timeout: 50_000 })
      .toMatchObject({
        verdict: 'pending',
        allowed: false,
        findings: [{ code: 'EVIDENCE_TOO_LARGE', fix: expect.stringContaining('CUSTODY_EVIDENCE_HEAP_MIB') }],
      });
    const next = exampleChain({ seed: 'next' });
    await service.operator.found('acme/next', next);
    await service.operator.postRun(next, { chain: 'acme/next', run: '1', subject: next.imageDigest });
    await service.operator.waitForVerdict(next.imageDigest, 'pass', 'acme/next');
    expect((await service.operator.get('/marks?state=waiting')).body.marks).toEqual([]);
  }, 90_000);

  it('for the rules of its layout is judged in a thread, too, however small its links are', async () => {
    const { operator } = service;
    const { owner, functionaries } = exampleChain({ seed: 'rules' });
    const image = `sha256:${sha256Hex('an image')}`;
    const files = Object.fromEntries(Array.from({ length: 1_000 }, (_, at) => [`ab${at}`, '']));
    const policy = layout().step('build', {
      by: functionaries.bob,
      products: Array.from({ length: 2_000 }, (_, at) => `DISALLOW a*b*q${at}`),
    });
    const products = { ...files, 'image-digest.txt': image };
    expectStatus(await operator.createChain('acme/rules', owner), 201);
    expectStatus(await operator.postLayout('acme/rules', signMetablock(policy.toPayload(), owner)), 201);
    const asked = vi.spyOn(thread, 'find');
    const built = signMetablock(link('build', { products }), functionaries.bob);
    expectStatus(await operator.postLink(built, { chain: 'acme/rules', run: '1', subject: image }), 201);
    await operator.waitForVerdict(image, 'pass', 'acme/rules', 50_000);
    expect(asked).toHaveBeenCalled();
  }, 90_000);

  it('that takes a thread too long is ended: the digest is pending, and its mark stays for another try', async () => {
    const hasty = new VerificationThread(service.app.get(Config), { patienceMs: 1 });
    const slow = vi.spyOn(thread, 'find').mockImplementation((...question) => hasty.find(...question));
    expectStatus(await service.operator.postLink(large(forger, 50), { chain: CHAIN, run: '1' }), 201);
    await expect
      .poll(async () => (await service.operator.verdict(chain.imageDigest, CHAIN)).body.findings)
      .toMatchObject([{ code: 'VERIFICATION_FAILED' }]);
    expect(slow).toHaveBeenCalled();
    expect((await service.operator.get('/marks?state=waiting')).body.marks).toHaveLength(1);
  });

  it('whose thread runs out of heap leaves the digest pending, and neither the process nor others suffer', async () => {
    const cramped = new VerificationThread(service.app.get(Config), { heapBytes: 32 * MIB });
    const asked = vi.spyOn(thread, 'find').mockImplementation((...question) => cramped.find(...question));
    const [crowded, next] = [exampleChain({ seed: 'crowded' }), exampleChain({ seed: 'beside' })];
    await service.operator.found('acme/crowded', crowded);
    await service.operator.found('acme/beside', next);
    const run = { chain: 'acme/crowded', run: '1' };
    await service.operator.postRun(crowded, { ...run, subject: crowded.imageDigest });
    await service.operator.waitForVerdict(crowded.imageDigest, 'pass', 'acme/crowded');
    // They are within what may count, which is half of the setting, and not within this heap.
    for (let attempt = 2; attempt < 8; attempt++) {
      const bytes = large(crowded.functionaries.carol, attempt);
      expectStatus(await service.operator.postLink(bytes, { ...run, attempt }), 201);
    }
    await expect
      .poll(async () => (await service.operator.verdict(crowded.imageDigest, 'acme/crowded')).body, {
        timeout: 50_000,
      })
      .toMatchObject({
        verdict: 'pending',
        allowed: false,
        findings: [{ code: 'EVIDENCE_TOO_LARGE' }],
      });
    const endings = await Promise.allSettled(asked.mock.results.map(({ value }) => value));
    expect(endings.map((end) => end.status === 'rejected' && String(end.reason))).toContainEqual(
      expect.stringMatching(/TooMuchEvidence.*out of memory/),
    );
    await service.operator.postRun(next, { chain: 'acme/beside', run: '1', subject: next.imageDigest });
    await service.operator.waitForVerdict(next.imageDigest, 'pass', 'acme/beside');
  }, 90_000);

  it('waits while that of another digest is judged', async () => {
    const subject = Buffer.from(chain.imageDigest.slice(7), 'hex');
    const verification = service.app.get(VerificationService);
    const [{ id }] = (await service.query<{ id: number }>(
      `select id from chain where name = '${CHAIN}'`,
    )) as [{ id: number }];
    const first = verification.find(id, subject, new Date());
    await expect.poll(() => thread.isBusy).toBe(true);
    await expect(verification.find(id, subject, new Date())).rejects.toThrow('another digest');
    expect((await first)?.body.findings).toMatchObject([{ code: 'EVIDENCE_TOO_LARGE' }]);
  });
});
