import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mutated } from '../support/bad-bodies.js';
import type { Client } from '../support/client.js';
import { exampleChain } from '../support/example-chain.js';
import { randomFrom } from '../support/seeded.js';
import { type Service, startService } from '../support/service.js';
import { signRoot } from '../support/trust-root.js';

const CHAIN = 'acme/web';
const BODIES = 1_200;
const AT_ONCE = 16;

describe('twelve hundred bad bodies', () => {
  let service: Service;
  let operator: Client;
  const metablock = exampleChain();
  const dsse = exampleChain({ container: 'dsse' });

  beforeAll(async () => {
    service = await startService();
    operator = service.operator;
    await operator.found(CHAIN, metablock);
  });

  afterAll(() => service.stop());

  /** Everything that takes a body, and good ones for it. Some of what gets through is verified: it names a subject. */
  const link = `/links?chain=${CHAIN}&run=bad`;
  const targets: [string, Buffer[]][] = [
    [link, metablock.links.map(({ bytes }) => bytes)],
    [link, dsse.links.map(({ bytes }) => bytes)],
    [`${link}&subject=${metablock.imageDigest}`, metablock.links.map(({ bytes }) => bytes)],
    [`/layouts?chain=${CHAIN}`, [metablock.layout, dsse.layout]],
    [
      `/links/batch?chain=${CHAIN}&run=bad`,
      [Buffer.concat(dsse.links.flatMap(({ bytes }) => [bytes, Buffer.from('\n')]))],
    ],
    [
      `/roots?chain=${CHAIN}&reason=bad`,
      [signRoot({ chain: CHAIN, version: 2, owners: [['owner', metablock.owner]] }, metablock.owner)],
    ],
    [
      '/chains',
      [Buffer.from(JSON.stringify({ name: 'acme/bad', ownerKeys: [metablock.owner.publicKey] }, null, 1))],
    ],
    [
      '/tokens',
      [Buffer.from(JSON.stringify({ name: 'bad', scopes: ['read'], chain: CHAIN, days: 1 }, null, 1))],
    ],
  ];

  it('are each refused or taken, and none harms the service', async () => {
    const random = randomFrom('bad bodies');
    const answers: { status: number; type: string; path: string; recipe: string }[] = [];
    for (let sent = 0; sent < BODIES; sent += AT_ONCE) {
      const calls = Array.from({ length: AT_ONCE }, async () => {
        const [path, goods] = random.pick(targets);
        const { body, headers, recipe } = mutated(random.pick(goods), random);
        const reply = await operator.post(path, body, headers);
        answers.push({ status: reply.status, type: reply.headers.get('content-type') ?? '', path, recipe });
      });
      await Promise.all(calls);
    }
    expect(service.log.filter((line) => line.includes('request failed'))).toEqual([]);
    expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
    const refused = answers.filter(({ status }) => status >= 400);
    expect(refused.filter(({ type }) => !type.startsWith('application/problem+json'))).toEqual([]);
    expect(refused.length).toBeGreaterThan(BODIES / 2);
    expect((await operator.get('/readyz')).body).toMatchObject({ ready: true });
  }, 120_000);

  it('leave a service that verifies what got through, and everything after it', async () => {
    // The run of bad bodies holds both containers' files of one build, which is a conflict: it must not pass.
    await expect
      .poll(async () => (await operator.verdict(metablock.imageDigest, CHAIN)).body.allowed, {
        timeout: 20_000,
      })
      .toBe(false);
    const after = exampleChain({ seed: 'after' });
    await operator.found('acme/after', after);
    await operator.postRun(after, { chain: 'acme/after', run: 'good' });
    await operator.waitForVerdict(after.imageDigest, 'pass', 'acme/after');
    expect(service.log.filter((line) => line.includes('verification failed'))).toEqual([]);
  });
});
