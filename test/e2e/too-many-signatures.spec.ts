import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, expectStatus } from '../support/client.js';
import { type Service, startService } from '../support/service.js';
import { createKey, layout, link, sha256Hex, signMetablock } from '../support/supply-chain.js';

const CHAIN = 'acme/committee';
/** Nearly as many as may sign one file. */
const MEMBERS = 60;
/** A name as long as one may be, in a script of three bytes a letter. */
const longName = (member: number): string => `${member} ${'名'.repeat(190)}`;
const owner = createKey('ed25519', { seed: 'owner of the committee' });
const committee = Array.from({ length: MEMBERS }, (_, at) =>
  createKey('ed25519', { seed: `member ${at} of the committee` }),
);

describe('a committee that signs every attempt at a step', () => {
  let service: Service;
  let operator: Client;

  beforeAll(async () => {
    service = await startService();
    operator = service.operator;
    expectStatus(await operator.createChain(CHAIN, owner), 201);
    const policy = layout().step('approve', { by: committee }).toPayload();
    expectStatus(await operator.postLayout(CHAIN, signMetablock(policy, owner)), 201);
    for (const [at, { publicKey }] of committee.entries()) {
      const who = { key: publicKey, owner: longName(at), reason: 'an election' };
      expectStatus(await operator.post(`/keys?chain=${CHAIN}`, who), 200);
    }
  }, 60_000);

  afterAll(() => service.stop());

  const approve = async (image: string, run: string, attempts: number): Promise<string> => {
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      const approval = link('approve', { products: { image }, byproducts: { attempt } });
      const bytes = signMetablock(approval, committee);
      expectStatus(await operator.postLink(bytes, { chain: CHAIN, run, attempt }), 201);
    }
    return `sha256:${sha256Hex(image)}`;
  };

  it('gets a pass where a gate can look at every signature that it relies on', async () => {
    const digest = await approve('an image', '1', 1);
    await operator.waitForVerdict(digest, 'pass', CHAIN);
  });

  it('gets no verdict where there are more than are kept, and is told what to do', async () => {
    const digest = await approve('an image of many attempts', '2', 6);
    const { body } = await operator.waitForVerdict(digest, 'pending', CHAIN);
    expect(body).toMatchObject({
      allowed: false,
      findings: [{ code: 'VERDICT_TOO_LARGE', fix: expect.stringContaining('its own ?run=') }],
    });
  });
});
