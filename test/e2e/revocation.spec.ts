import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Client, expectStatus, type Reply } from '../support/client.js';
import { type ExampleChain, exampleChain, type SignedLink } from '../support/example-chain.js';
import { keyFingerprint } from '../support/key-fingerprint.js';
import { type Service, startService } from '../support/service.js';
import { link, type SigningKey, signMetablock } from '../support/supply-chain.js';

const SECOND = 1_000;
const ago = (seconds: number): string => new Date(Date.now() - seconds * SECOND).toISOString();

describe('when a key is not good any more', () => {
  let service: Service;
  let eve: Client;
  let frank: Client;
  let chain: string;
  let web: ExampleChain;
  let chains = 0;

  beforeAll(async () => {
    service = await startService();
    eve = service.operator;
    frank = eve.as(await eve.createToken(['operate', 'read']));
  });

  afterAll(() => service.stop());

  beforeEach(async () => {
    chains += 1;
    chain = `acme/revoked-${chains}`;
    web = exampleChain({ seed: chain });
    await eve.found(chain, web);
  });

  const pass = async () => {
    await eve.postRun(web, { chain, run: '1', subject: web.imageDigest });
    await eve.waitForVerdict(web.imageDigest, 'pass', chain);
  };
  const change = async (who: Client, key: SigningKey, what: string, more: object = {}): Promise<Reply> => {
    const path = `/keys/${keyFingerprint(key)}/${what}?chain=${chain}`;
    return expectStatus(await who.post(path, { reason: `${what} in a story`, ...more }), 200);
  };
  /** Processes are told of a change by a hint, and look after a second at any rate. */
  const AT_ONCE = { timeout: 5_000 };
  const ask = (digest = web.imageDigest) => eve.verdict(digest, chain);
  const codesOf = ({ body }: Reply) => (body.findings as { code: string }[]).map(({ code }) => code);
  const told = (reply: Reply) => [reply.body.verdict, reply.body.allowed, ...codesOf(reply)];
  const describeKey = async (key: SigningKey, more: object) =>
    expectStatus(
      await eve.post(`/keys?chain=${chain}`, { key: key.publicKey, reason: 'known', ...more }),
      200,
    );
  const setSettings = async (settings: object) =>
    expectStatus(
      await eve.call(`/chains/settings?chain=${chain}`, {
        method: 'PUT',
        body: JSON.stringify({ conflict: 'strict', ...settings }),
      }),
      200,
    );
  const waitForCode = (code: string) =>
    vi.waitFor(async () => {
      const reply = await ask();
      expect(codesOf(reply)).toContain(code);
      return reply;
    }, 10_000);
  const post = async (links: readonly SignedLink[], run = '1') => {
    for (const { bytes } of links) {
      await eve.postLink(bytes, { chain, run, subject: web.imageDigest });
    }
  };

  it('denies at once what it signed, says why and what to do, and allows it again once that is undone', async () => {
    await pass();
    const { change: recorded } = (await change(eve, web.functionaries.bob, 'compromise')).body;
    await expect.poll(() => ask().then(told), AT_ONCE).toEqual(['fail', false, 'KEY_COMPROMISED']);
    const denied = await ask();
    expect(denied.body.findings).toEqual([
      expect.objectContaining({
        fingerprint: keyFingerprint(web.functionaries.bob),
        role: 'functionary',
        fix: expect.stringContaining('replay'),
      }),
    ]);
    await change(frank, web.functionaries.bob, 'undo', { undoes: (recorded as { seq: string }).seq });
    await expect.poll(() => ask().then(told), AT_ONCE).toEqual(['pass', true]);
  });

  it('tells by /explain, too, which signature is refused', async () => {
    await pass();
    await change(eve, web.functionaries.bob, 'misissue');
    const { body } = await eve.get(`/verdicts/${web.imageDigest}/explain?chain=${chain}`);
    expect(body).toMatchObject({
      verdict: 'fail',
      denials: [{ code: 'KEY_MISISSUED', fingerprint: keyFingerprint(web.functionaries.bob) }],
    });
  });

  it('denies while the key is suspended, and not after another operator has lifted that', async () => {
    await pass();
    await change(eve, web.functionaries.alice, 'suspend');
    await expect.poll(() => ask().then(told), AT_ONCE).toEqual(['fail', false, 'KEY_SUSPENDED']);
    await change(frank, web.functionaries.alice, 'lift');
    await expect.poll(() => ask().then(told), AT_ONCE).toEqual(['pass', true]);
  });

  it('keeps what came in before it was retired, and takes nothing that comes after', async () => {
    await pass();
    await change(eve, web.functionaries.carol, 'retire');
    await expect.poll(() => ask().then(told), AT_ONCE).toEqual(['pass', true]);

    const again = link('package', {
      command: 'docker build --pull .',
      products: { 'image.tar': `image of ${chain}` },
    });
    const circumstances = { chain, run: '2', subject: web.imageDigest };
    expectStatus(await eve.postLink(signMetablock(again, web.functionaries.carol), circumstances), 201);
    await vi.waitFor(async () => {
      const { body } = await eve.get(`/verdicts/${web.imageDigest}/explain?chain=${chain}`);
      expect(body).toMatchObject({
        verdict: 'pass',
        builds: expect.arrayContaining([
          expect.objectContaining({
            run: '2',
            outcome: 'pending',
            rejected: expect.arrayContaining([
              expect.objectContaining({ step: 'package', reason: 'KEY_RETIRED' }),
            ]),
          }),
        ]),
      });
    }, 10_000);
  });

  it('takes a link that comes in late for none, however old it says that it is', async () => {
    await change(eve, web.functionaries.carol, 'retire', { effective: ago(1) });
    await post(web.links);
    const reply = await waitForCode('KEY_RETIRED');
    expect(reply.body.allowed).toBe(false);
    expect(reply.body.missing).toContainEqual(expect.objectContaining({ step: 'package' }));
  });

  it('takes a link of a key that is not valid yet, or any more, for none', async () => {
    await describeKey(web.functionaries.alice, { notAfter: ago(3_600) });
    await post(web.links);
    expect((await waitForCode('KEY_NOT_VALID_AT_TIME')).body.allowed).toBe(false);
  });

  it('believes no signature of a compromised key, be it older than the compromise', async () => {
    await pass();
    await change(eve, web.functionaries.bob, 'compromise', { since: ago(0) });
    await expect.poll(() => ask().then(told), AT_ONCE).toEqual(['fail', false, 'KEY_COMPROMISED']);
  });

  it('lets older signatures stand where the chain trusts our receipt times, with a warning', async () => {
    await setSettings({ grandfather: 'byReceipt' });
    await pass();
    await change(eve, web.functionaries.bob, 'compromise', { since: ago(0) });
    await expect.poll(() => ask().then(told), AT_ONCE).toEqual(['pass', true, 'GRANDFATHERED']);
    await change(eve, web.functionaries.bob, 'compromise', { since: ago(3_600) });
    await expect.poll(() => ask().then(told), AT_ONCE).toEqual(['fail', false, 'KEY_COMPROMISED']);
  });

  it('leaves the chain without a layout when the key is an owner’s', async () => {
    await pass();
    await change(eve, web.owner, 'compromise');
    await expect.poll(() => ask().then(told), AT_ONCE).toEqual(['fail', false, 'KEY_COMPROMISED']);
    await post(exampleChain({ seed: chain, sources: 4 }).links, '2');
    const reply = await waitForCode('LAYOUT_NOT_SIGNED_BY_OWNERS');
    expect(reply.body).toMatchObject({ verdict: 'fail', allowed: false });
    expect(codesOf(reply)).toContain('KEY_COMPROMISED');
  });

  it('counts two keys of one owner once', async () => {
    const { bob, carol } = web.functionaries;
    await describeKey(bob, { owner: 'bob' });
    await describeKey(carol, { owner: 'bob' });
    await post(web.links);
    const reply = await waitForCode('OWNERS_BELOW_THRESHOLD');
    expect(reply.body.missing).toEqual([expect.objectContaining({ step: 'test', threshold: 2, have: 1 })]);
  });

  it('denies a pass of two keys that turn out to be of one owner, and not for another name of one', async () => {
    const { bob, carol } = web.functionaries;
    await pass();
    await describeKey(bob, { owner: 'Bob Builder' });
    await expect.poll(() => ask().then(told), AT_ONCE).toEqual(['pass', true]);
    await describeKey(carol, { owner: 'Bob Builder' });
    await expect.poll(() => ask().then(told), AT_ONCE).toEqual(['fail', false, 'KEY_OWNER_CHANGED']);
  });

  it('does not let a pass stand beside a link that a lifted suspension brings back', async () => {
    await change(eve, web.functionaries.alice, 'suspend');
    await post(web.links, 'of alice');
    await eve.waitForVerdict(web.imageDigest, 'pending', chain);
    await change(frank, web.functionaries.alice, 'lift');
    expect((await ask()).body.allowed).toBe(false);
  });

  it('touches no verdict that does not depend on the key', async () => {
    await pass();
    const other = exampleChain({ seed: `${chain} other` });
    await describeKey(other.functionaries.alice, {});
    await change(eve, other.functionaries.alice, 'misissue');
    await expect.poll(() => ask().then(told), AT_ONCE).toEqual(['pass', true]);
  });

  it('denies what a build found that did not say whose signatures it relied on', async () => {
    await pass();
    await service.query('update verdict set relies_on = null, basis = null');
    await expect.poll(() => ask().then(told), AT_ONCE).toEqual(['pass', true]);
    await change(eve, web.functionaries.bob, 'retire', { effective: '2099-01-01T00:00:00Z' });
    await expect.poll(() => ask().then(told), AT_ONCE).toEqual(['fail', false, 'KEYS_UNKNOWN']);
  });

  it('allows nothing by settings of yesterday', async () => {
    await pass();
    await setSettings({ maxAge: { tag: 1_000_000 } });
    const { body } = await eve.waitForVerdict(web.imageDigest, 'pass', chain);
    expect(body.allowed).toBe(true);
  });
});
