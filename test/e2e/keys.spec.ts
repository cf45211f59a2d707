import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Client, expectStatus, type Reply } from '../support/client.js';
import { type ExampleChain, exampleChain } from '../support/example-chain.js';
import { keyFingerprint } from '../support/key-fingerprint.js';
import { type Service, startService } from '../support/service.js';
import { createKey } from '../support/supply-chain.js';

const HOUR = 3_600_000;
const inHours = (hours: number): string => new Date(Date.now() + hours * HOUR).toISOString();

describe('keys', () => {
  let service: Service;
  let eve: Client;
  let frank: Client;
  let chain: string;
  let web: ExampleChain;
  let alice: string;
  let chains = 0;

  beforeAll(async () => {
    service = await startService();
    eve = service.operator;
    frank = eve.as(await eve.createToken(['operate', 'read']));
  });

  afterAll(() => service.stop());

  beforeEach(async () => {
    chains += 1;
    chain = `acme/web-${chains}`;
    web = exampleChain({ seed: chain });
    await eve.found(chain, web);
    alice = keyFingerprint(web.functionaries.alice);
  });

  const change = (who: Client, what: string, more: object = {}, key = alice): Promise<Reply> =>
    who.post(`/keys/${encodeURIComponent(key)}/${what}?chain=${chain}`, {
      reason: `${what} in a test`,
      ...more,
    });
  const register = (who: Client, key: unknown, more: object = {}): Promise<Reply> =>
    who.post(`/keys?chain=${chain}`, { key, reason: 'to know it', ...more });
  const show = async (key = alice) => expectStatus(await eve.get(`/keys/${key}?chain=${chain}`), 200).body;
  const list = async () =>
    expectStatus(await eve.get(`/keys?chain=${chain}`), 200).body.keys as Record<string, unknown>[];
  const events = async (query = '') =>
    expectStatus(await eve.get(`/events?chain=${chain}${query}`), 200).body.events as Record<
      string,
      unknown
    >[];
  const codeOf = ({ status, body }: Reply) => [status, body.code];

  describe('are registered', () => {
    it('with the chain and with its layout, each with what it may sign', async () => {
      const roles = Object.fromEntries((await list()).map(({ fingerprint, role }) => [fingerprint, role]));
      expect(roles).toEqual({
        [keyFingerprint(web.owner)]: { owner: true, functionary: false, steps: [] },
        [alice]: { owner: false, functionary: true, steps: ['tag'] },
        [keyFingerprint(web.functionaries.bob)]: {
          owner: false,
          functionary: true,
          steps: ['build', 'test'],
        },
        [keyFingerprint(web.functionaries.carol)]: {
          owner: false,
          functionary: true,
          steps: ['test', 'package'],
        },
      });
    });

    it('as their own owners, without limits', async () => {
      expect(await show()).toMatchObject({
        fingerprint: alice,
        keyids: [web.functionaries.alice.keyid],
        algorithm: 'ed25519',
        owner: alice,
        notBefore: null,
        notAfter: null,
        standing: { counts: true, grandfathered: false },
        limits: [],
        key: web.functionaries.alice.publicKey,
      });
    });

    it('by hand, as an object or as PEM, with who holds them and for how long', async () => {
      const [notBefore, notAfter] = [inHours(-1), inHours(24)];
      const dave = createKey('ecdsa-p256');
      const said = { owner: 'dave@acme.example', notBefore, notAfter };
      const { body } = expectStatus(await register(eve, dave.publicKey, said), 200);
      expect(body).toMatchObject({ ...said, fingerprint: keyFingerprint(dave), algorithm: 'ecdsa-sha256' });
      const pem = (dave.publicKey.keyval as { public: string }).public;
      expect((await register(eve, pem)).body).toMatchObject({ ...said, fingerprint: keyFingerprint(dave) });
      expect(await list()).toHaveLength(5);
    });

    it.each<[string, unknown, object, number, string]>([
      ['is none', 'PEM?', {}, 422, 'KEY_INVALID'],
      [
        'is weak',
        { keyid: '', keytype: 'ed25519', scheme: 'ed25519', keyval: { public: `01${'00'.repeat(31)}` } },
        {},
        422,
        'KEY_REFUSED',
      ],
      [
        'has two spellings of its owner',
        createKey('ed25519').publicKey,
        { owner: ' dave' },
        400,
        'BODY_INVALID',
      ],
      ['comes without a reason', createKey('ed25519').publicKey, { reason: ' ' }, 400, 'BODY_INVALID'],
      [
        'ends before it begins',
        createKey('ed25519').publicKey,
        { notBefore: '2026-01-02T00:00:00Z', notAfter: '2026-01-01T00:00:00Z' },
        400,
        'BODY_INVALID',
      ],
      [
        'is from before all time',
        createKey('ed25519').publicKey,
        { notBefore: '0000-01-01T00:00:00Z' },
        400,
        'BODY_INVALID',
      ],
    ])('not when one %s', async (_, key, more, status, code) => {
      expect(codeOf(await register(eve, key, more))).toEqual([status, code]);
      expect(await list()).toHaveLength(4);
    });

    it('for one algorithm only', async () => {
      const key = createKey('rsa');
      expectStatus(await register(eve, key.publicKey), 200);
      const other = { ...key.publicKey, scheme: 'rsa-pkcs1v15-sha256' };
      expect(codeOf(await register(eve, other))).toEqual([409, 'KEY_ALGORITHM_PINNED']);
    });

    it('and found by an id that clients have for them, unless two keys have it', async () => {
      const { keyid } = web.functionaries.alice;
      expect(await show(keyid)).toMatchObject({ fingerprint: alice });
      const namesake = { ...createKey('ed25519').publicKey, keyid };
      expectStatus(await register(eve, namesake), 200);
      expect(codeOf(await change(eve, 'suspend', {}, keyid))).toEqual([409, 'KEY_AMBIGUOUS']);
      expect(codeOf(await eve.get(`/keys/none?chain=${chain}`))).toEqual([404, 'KEY_UNKNOWN']);
    });
  });

  describe('are described', () => {
    const validUntil = async () => (await show()).notAfter;
    const describeAlice = (who: Client, more: object) =>
      register(who, web.functionaries.alice.publicKey, more);

    it('more narrowly by anybody, more widely by another operator', async () => {
      expectStatus(await describeAlice(eve, { notAfter: inHours(48) }), 200);
      expectStatus(await describeAlice(eve, { notAfter: inHours(24) }), 200);
      const before = await validUntil();
      expect(codeOf(await describeAlice(eve, { notAfter: inHours(72) }))).toEqual([
        409,
        'SECOND_OPERATOR_NEEDED',
      ]);
      expect(codeOf(await describeAlice(eve, { notAfter: null }))).toEqual([409, 'SECOND_OPERATOR_NEEDED']);
      expect(await validUntil()).toBe(before);
      expectStatus(await describeAlice(frank, { notAfter: null }), 200);
      expect(await validUntil()).toBeNull();
    });

    it('by whoever set nothing of what is widened, though he spoke last', async () => {
      expectStatus(await describeAlice(eve, { notAfter: inHours(24) }), 200);
      expectStatus(await describeAlice(frank, { owner: 'alice' }), 200);
      expect(codeOf(await describeAlice(eve, { notAfter: null }))).toEqual([409, 'SECOND_OPERATOR_NEEDED']);
      expectStatus(await describeAlice(frank, { notAfter: null }), 200);
    });

    it('as of one owner first, and of another by another operator', async () => {
      expectStatus(await describeAlice(eve, { owner: 'alice' }), 200);
      expect(codeOf(await describeAlice(eve, { owner: 'bob' }))).toEqual([409, 'SECOND_OPERATOR_NEEDED']);
      expectStatus(await describeAlice(frank, { owner: 'bob' }), 200);
      expect(await show()).toMatchObject({ owner: 'bob' });
    });

    it('without a record when nothing is new', async () => {
      await describeAlice(eve, { owner: 'alice' });
      const before = await events();
      await describeAlice(eve, { owner: 'alice' });
      expect(await events()).toEqual(before);
    });
  });

  describe('lose trust', () => {
    it.each([
      ['suspend', {}, 'KEY_SUSPENDED'],
      ['retire', {}, 'KEY_RETIRED'],
      ['compromise', {}, 'KEY_COMPROMISED'],
      ['compromise', { since: null }, 'KEY_COMPROMISED'],
      ['compromise', { since: '2026-01-01T00:00:00+02:00' }, 'KEY_COMPROMISED'],
      ['misissue', {}, 'KEY_MISISSUED'],
    ])('by %s %j at once, by one operator', async (what, more, code) => {
      const { body } = expectStatus(await change(eve, what, more), 200);
      expect(body.fingerprint).toBe(alice);
      const { standing, limits } = await show();
      expect(standing).toEqual({ counts: false, code });
      expect(limits).toEqual([body.change]);
      expect(codeOf(await change(eve, what, more))).toEqual([409, 'KEY_CHANGE_WITHOUT_EFFECT']);
    });

    it('from a day to come', async () => {
      expectStatus(await change(eve, 'retire', { effective: inHours(24) }), 200);
      expect((await show()).standing).toEqual({ counts: true, grandfathered: false });
    });

    it('from an earlier day by saying so, from a later one only by undoing', async () => {
      expectStatus(await change(eve, 'retire', { effective: inHours(24) }), 200);
      expectStatus(await change(eve, 'retire', { effective: inHours(12) }), 200);
      expect(codeOf(await change(frank, 'retire', { effective: inHours(18) }))).toEqual([
        409,
        'KEY_CHANGE_WITHOUT_EFFECT',
      ]);
    });

    it('not for a compromise to come', async () => {
      expect(codeOf(await change(eve, 'compromise', { since: inHours(1) }))).toEqual([400, 'BODY_INVALID']);
    });

    it.each([
      ['without a reason', 'suspend', { reason: undefined }],
      ['with a date that is none', 'retire', { effective: 'soon' }],
      ['with what it does not know', 'suspend', { effective: inHours(1) }],
      ['without saying what', 'undo', {}],
    ])('not %s', async (_, what, more) => {
      expect(codeOf(await change(eve, what, more))).toEqual([400, 'BODY_INVALID']);
    });
  });

  describe('get it back', () => {
    const seqOf = ({ body }: Reply) => (body.change as { seq: string }).seq;

    it('from another operator than who suspended', async () => {
      await change(eve, 'suspend');
      expect(codeOf(await change(eve, 'lift'))).toEqual([409, 'SECOND_OPERATOR_NEEDED']);
      expectStatus(await change(frank, 'lift'), 200);
      expect((await show()).standing).toEqual({ counts: true, grandfathered: false });
      expect(codeOf(await change(frank, 'lift'))).toEqual([409, 'KEY_CHANGE_WITHOUT_EFFECT']);
    });

    it.each(['retire', 'suspend', 'compromise', 'misissue'])(
      'from another operator than who recorded %s',
      async (what) => {
        const undoes = seqOf(expectStatus(await change(eve, what), 200));
        expect(codeOf(await change(eve, 'undo', { undoes }))).toEqual([409, 'SECOND_OPERATOR_NEEDED']);
        expectStatus(await change(frank, 'undo', { undoes }), 200);
        expect(await show()).toMatchObject({ standing: { counts: true, grandfathered: false }, limits: [] });
        expect(codeOf(await change(eve, 'undo', { undoes }))).toEqual([409, 'KEY_CHANGE_WITHOUT_EFFECT']);
        expectStatus(await change(eve, what), 200);
      },
    );

    it('not by undoing what another key suffered, nor an undoing', async () => {
      const bobs = seqOf(await change(eve, 'suspend', {}, keyFingerprint(web.functionaries.bob)));
      expect(codeOf(await change(frank, 'undo', { undoes: bobs }))).toEqual([
        409,
        'KEY_CHANGE_WITHOUT_EFFECT',
      ]);
      const undone = seqOf(await change(frank, 'undo', { undoes: seqOf(await change(eve, 'misissue')) }));
      expect(codeOf(await change(eve, 'undo', { undoes: undone }))).toEqual([
        409,
        'KEY_CHANGE_WITHOUT_EFFECT',
      ]);
    });

    it('once, however many give it at the same time', async () => {
      await change(eve, 'suspend');
      const replies = await Promise.all(Array.from({ length: 8 }, () => change(frank, 'lift')));
      expect(replies.map(({ status }) => status).sort()).toEqual([200, ...Array(7).fill(409)]);
    });
  });

  it('say how many verdicts depend on them, and how many they deny', async () => {
    await eve.postRun(web, { chain, run: '1', subject: web.imageDigest });
    await eve.waitForVerdict(web.imageDigest, 'pass', chain);
    expect((await change(eve, 'retire')).body.verdicts).toEqual({ dependent: 1, denied: 0 });
    expect((await change(eve, 'suspend')).body.verdicts).toEqual({ dependent: 1, denied: 1 });
    expect(await eve.waitForVerdict(web.imageDigest, 'fail', chain)).toMatchObject({
      body: {
        allowed: false,
        findings: expect.arrayContaining([expect.objectContaining({ code: 'KEY_SUSPENDED' })]),
      },
    });
    expect((await change(frank, 'lift')).body.verdicts).toEqual({ dependent: 1, denied: 0 });
    await eve.waitForVerdict(web.imageDigest, 'pass', chain);
    expect((await show()).verdicts).toEqual({ dependent: 1, denied: 0 });
  });

  describe('leave events', () => {
    it('with who, when and why, oldest first and page by page', async () => {
      await change(eve, 'suspend', { reason: 'lost laptop' });
      const undoes = (await change(eve, 'compromise', { since: '2026-01-01T00:00:00Z' })).body.change;
      await change(frank, 'undo', { undoes: (undoes as { seq: string }).seq, reason: 'found it again' });
      const all = await events();
      expect(all.slice(-3)).toMatchObject([
        {
          kind: 'key-suspended',
          key: alice,
          body: {},
          actor: eve.token?.split('_')[1],
          reason: 'lost laptop',
        },
        { kind: 'key-compromised', body: { since: '2026-01-01T00:00:00.000Z' } },
        {
          kind: 'key-undone',
          body: undoes && { undoes: (undoes as { seq: string }).seq },
          actor: frank.token?.split('_')[1],
        },
      ]);
      const pages: unknown[] = [];
      for (let after = '0'; ; ) {
        const page = await events(`&limit=3&after=${after}`);
        pages.push(...page);
        if (page.length === 0) break;
        after = String(page.at(-1)?.seq);
      }
      expect(pages).toEqual(all);
    });

    it('of the key itself in its history', async () => {
      await change(eve, 'suspend');
      const { events: history } = await show();
      expect((history as { kind: string }[]).map(({ kind }) => kind)).toEqual([
        'key-registered',
        'key-suspended',
      ]);
    });

    it.each(['after=-1', 'after=first', 'limit=0', 'limit=1001', 'before=1'])(
      'not for ?%s',
      async (query) => {
        expect(codeOf(await eve.get(`/events?chain=${chain}&${query}`))).toEqual([400, 'QUERY_INVALID']);
      },
    );
  });
});
