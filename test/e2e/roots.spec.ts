import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Client, expectStatus, type Reply } from '../support/client.js';
import { exampleChain } from '../support/example-chain.js';
import { keyFingerprint } from '../support/key-fingerprint.js';
import { type Service, startService } from '../support/service.js';
import { createKey, type SigningKey, sha256Hex, signDssePayload } from '../support/supply-chain.js';
import {
  namedOwners,
  ROOT_TYPE,
  type RootStory,
  rootPayload,
  signRoot,
  signRootPayload,
} from '../support/trust-root.js';

const key = (seed: string): SigningKey => createKey('ed25519', { seed: `roots ${seed}` });
const [alice, bob, carol, mallory] = [key('alice'), key('bob'), key('carol'), key('mallory')];

describe('trust roots', () => {
  let service: Service;
  let operator: Client;
  let chains = 0;
  let chain: string;

  beforeAll(async () => {
    service = await startService();
    operator = service.operator;
  });

  afterAll(() => service.stop());

  /** Each story has a chain of its own, that Alice and Bob own together. */
  beforeEach(async () => {
    chains += 1;
    chain = `acme/web-${chains}`;
    const owners = namedOwners([
      ['alice', alice],
      ['bob', bob],
    ]);
    expectStatus(await operator.post('/chains', { name: chain, owners, ownerThreshold: 2 }), 201);
  });

  const post = (root: Uint8Array, to = chain): Promise<Reply> =>
    operator.post(`/roots?${new URLSearchParams({ chain: to, reason: 'Bob leaves' })}`, root);
  /** Carol takes Bob's place. */
  const next = (changes: Partial<RootStory> = {}): RootStory => ({
    chain,
    version: 2,
    threshold: 2,
    owners: [
      ['alice', alice],
      ['carol', carol],
    ],
    ...changes,
  });
  const versions = async () =>
    ((await operator.get(`/roots?chain=${chain}`)).body.roots as { version: number }[]).map(
      ({ version }) => version,
    );

  it('begin with the one that the chain was created with', async () => {
    const { body } = await operator.get(`/roots?chain=${chain}`);
    expect(body.roots).toEqual([
      {
        version: 1,
        id: null,
        threshold: 2,
        owners: [
          { owner: 'alice', fingerprint: keyFingerprint(alice), key: alice.publicKey },
          { owner: 'bob', fingerprint: keyFingerprint(bob), key: bob.publicKey },
        ],
        acceptedAt: expect.any(String),
        actor: operator.token?.split('_')[1],
        reason: '',
      },
    ]);
    expect((await operator.get(`/roots/1?chain=${chain}`)).body.code).toBe('ROOT_UNKNOWN');
  });

  it('are taken when the owners before and after have signed, and given back byte for byte', async () => {
    const root = signRoot(next(), alice, bob, carol);
    const posted = expectStatus(await post(root), 201);
    expect(posted.body).toMatchObject({ version: 2, id: sha256Hex(root), threshold: 2 });
    expect((await operator.get(posted.headers.get('location') ?? '')).bytes.equals(root)).toBe(true);
    const again = expectStatus(await post(root), 200);
    expect(again.body).toEqual(posted.body);
    expect(await versions()).toEqual([2, 1]);
    const { body } = await operator.get(`/roots?chain=${chain}&before=2`);
    expect(body.roots).toHaveLength(1);
    const { body: listed } = await operator.get('/chains');
    expect(listed.chains).toContainEqual(
      expect.objectContaining({ name: chain, ownerKeyids: [alice.keyid, carol.keyid], ownerThreshold: 2 }),
    );
  });

  it.each([
    ['both of them', { owners: namedOwners([['alice', alice]]), ownerKeys: [alice.publicKey] }],
    ['neither', {}],
    ['one owner for two', { owners: namedOwners([['alice', alice]]), ownerThreshold: 2 }],
    [
      'two keys for two owners',
      {
        owners: namedOwners([
          ['alice', alice],
          ['alice', bob],
        ]),
        ownerThreshold: 2,
      },
    ],
    ['a key with too large a number', JSON.stringify({ ownerKeys: [{ ...alice.publicKey, note: 1e20 }] })],
  ])('do not begin with owners and owner keys in the form of %s', async (_what, given) => {
    const body =
      typeof given === 'string' ? given.replace('{', '{"name":"acme/odd",') : { name: 'acme/odd', ...given };
    const reply = await operator.post('/chains', body);
    expect([reply.status, reply.body.code]).toEqual([400, 'BODY_INVALID']);
  });

  it('may name a key by its fingerprint where they are signed', async () => {
    const byFingerprint = [alice, bob, carol].map((owner) => ({ ...owner, keyid: keyFingerprint(owner) }));
    expectStatus(await post(signRoot(next(), ...byFingerprint)), 201);
  });

  it('may hold PEM text, which counts as the same key', async () => {
    const rsa = createKey('rsa');
    const { keyval } = rsa.publicKey as { keyval: { public: string } };
    const payload = rootPayload(next({ threshold: 1 }));
    const owners = [{ owner: 'rita', key: keyval.public }];
    expectStatus(await post(signRootPayload({ ...payload, owners }, alice, bob, rsa)), 201);
  });

  it('count owners, not keys', async () => {
    const spare = key('spare');
    const owners = [
      ['alice', alice],
      ['alice', spare],
      ['carol', carol],
    ] as const;
    const { body } = await post(signRoot(next({ owners }), alice, spare, bob));
    expect(body.code).toBe('ROOT_NOT_SIGNED_BY_OWNERS');
    expectStatus(await post(signRoot(next({ owners }), alice, spare, bob, carol)), 201);
  });

  it.each<[string, SigningKey[]]>([
    ['a stranger', [mallory]],
    ['the new owners alone', [alice, carol]],
    ['the old owners alone', [alice, bob]],
    ['one owner of both', [alice]],
    ['one owner of both, twice', [alice, alice]],
    ["a stranger in Bob's name", [alice, { ...mallory, keyid: bob.keyid }, carol]],
    ["a stranger by Bob's fingerprint", [alice, { ...mallory, keyid: keyFingerprint(bob) }, carol]],
  ])('signed by %s are refused', async (_who, signers) => {
    const { status, body } = await post(signRoot(next(), ...signers));
    expect([status, body.code]).toEqual([422, 'ROOT_NOT_SIGNED_BY_OWNERS']);
    expect(await versions()).toEqual([1]);
  });

  it.each([1, 3, 4, 2 ** 31])('that are version %i after version 1 are refused', async (version) => {
    const { status, body } = await post(signRoot(next({ version }), alice, bob, carol));
    expect([status, body.code]).toEqual(version === 1 ? [422, 'ROOT_INVALID'] : [409, 'ROOT_VERSION_WRONG']);
  });

  it('do not come back after they were replaced', async () => {
    const second = signRoot(next(), alice, bob, carol);
    await post(second);
    const owners = [['carol', carol]] as const;
    expectStatus(await post(signRoot(next({ version: 3, owners, threshold: 1 }), alice, carol)), 201);
    const { status, body } = await post(second);
    expect([status, body.code]).toEqual([409, 'ROOT_VERSION_WRONG']);
    expect(await versions()).toEqual([3, 2, 1]);
  });

  it('are taken once when two follow the same one at the same time', async () => {
    const rivals = [carol, mallory, key('dave'), key('erin')].map((rival) =>
      signRoot(next({ owners: [['rival', rival]], threshold: 1 }), alice, bob, rival),
    );
    const replies = await Promise.all(rivals.map((root) => post(root)));
    expect(replies.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
    expect(await versions()).toEqual([2, 1]);
  });

  it('of another chain are refused, and so are those of a chain with the same owners', async () => {
    const other = signRoot(next({ chain: 'acme/web-1' }), alice, bob, carol);
    expect((await post(other)).body.code).toBe('ROOT_OF_ANOTHER_CHAIN');
    expect((await post(signRoot(next(), alice, bob, carol), 'acme/web-1')).body.code).toBe(
      'ROOT_OF_ANOTHER_CHAIN',
    );
  });

  it.each<[string, object, string]>([
    ['a threshold of nobody', { threshold: 0 }, 'ROOT_INVALID'],
    ['a threshold above the owners', { threshold: 3 }, 'ROOT_INVALID'],
    ['half a threshold', { threshold: 1.5 }, 'JSON_FLOAT'],
    ['no owners', { owners: [] }, 'ROOT_INVALID'],
    ['another type', { _type: 'layout' }, 'ROOT_INVALID'],
    ['a member too much', { expires: 'never' }, 'ROOT_INVALID'],
    ['an owner without a name', { owners: [{ owner: '', key: alice.publicKey }] }, 'ROOT_INVALID'],
    ['an owner in disguise', { owners: [{ owner: 'alice\u200b', key: alice.publicKey }] }, 'ROOT_INVALID'],
    ['a name with NUL', { owners: [{ owner: 'a\0', key: alice.publicKey }] }, 'ROOT_INVALID'],
    [
      'a key object that no column holds',
      { owners: [{ owner: 'alice', key: { ...alice.publicKey, note: 'a\0' } }] },
      'ROOT_INVALID',
    ],
    [
      'a key object with too large a number',
      { owners: [{ owner: 'alice', key: { ...alice.publicKey, note: 1e20 } }] },
      'ROOT_INVALID',
    ],
    ['something that is no key', { owners: [{ owner: 'a', key: 'ssh-ed25519 AAAA' }] }, 'KEY_INVALID'],
    [
      'one key under two owners',
      {
        owners: [
          { owner: 'alice', key: alice.publicKey },
          { owner: 'carol', key: { ...alice.publicKey, keyid: carol.keyid } },
        ],
      },
      'KEY_INVALID',
    ],
    [
      'a key that anybody signs for',
      {
        owners: [
          {
            owner: 'mallory',
            key: {
              keyid: 'ab',
              keytype: 'ed25519',
              scheme: 'ed25519',
              keyval: { public: `01${'0'.repeat(62)}` },
            },
          },
        ],
      },
      'KEY_REFUSED',
    ],
  ])('with %s are refused', async (_what, changes, code) => {
    const payload = { ...rootPayload(next({ threshold: 1 })), ...changes };
    const { status, body } = await post(signRootPayload(payload, alice, bob, carol));
    expect([status, body.code]).toEqual([422, code]);
    expect(await versions()).toEqual([1]);
  });

  it.each<[string, (text: string) => string, string]>([
    ['a member twice', (text) => text.replace('{', '{"threshold":1,'), 'JSON_DUPLICATE_MEMBER'],
    ['a prototype', (text) => text.replace('{', '{"__proto__":{},'), 'ROOT_INVALID'],
    ['something behind it', (text) => `${text}{}`, 'JSON_INVALID'],
    ['an abyss', (text) => text.replace('{', `{"a":${'['.repeat(600)}${']'.repeat(600)},`), 'JSON_TOO_DEEP'],
  ])('whose payload holds %s are refused', async (_what, change, code) => {
    const payload = Buffer.from(change(JSON.stringify(rootPayload(next()))));
    expect((await post(signDssePayload(payload, [alice, bob, carol], ROOT_TYPE))).body.code).toBe(code);
  });

  it('are told from other files', async () => {
    const payload = Buffer.from(JSON.stringify(rootPayload(next())));
    expect((await post(signDssePayload(payload, [alice, bob, carol]))).body.code).toBe('ROOT_EXPECTED');
    expect((await post(exampleChain().layout)).body.code).toBe('ROOT_EXPECTED');
    expect((await post(signRoot(next()))).body.code).toBe('UNSIGNED');
    expect((await operator.postLayout(chain, signRoot(next(), alice, bob, carol))).body.code).toBe(
      'METADATA_INVALID',
    );
  });

  it('leave no trace when they are refused', async () => {
    const before = await service.blobs();
    await post(signRoot(next(), mallory));
    expect(await service.blobs()).toEqual(before);
    const { body } = await operator.post(`/roots?chain=${chain}`, signRoot(next(), alice, bob, carol));
    expect(body.code).toBe('QUERY_INVALID');
  });

  it('are recorded with who, when and why, and name the holders of their keys in the register', async () => {
    const root = signRoot(next(), alice, bob, carol);
    await post(root);
    const events = await service.query(
      `select kind, actor, reason, body->>'root' as root from trust_event join chain on chain.id = chain_id
        where chain.name = $1 and kind not like 'key-%' order by seq`,
      [chain],
    );
    const actor = operator.token?.split('_')[1];
    expect(events).toEqual([
      { kind: 'chain-created', actor, reason: '', root: null },
      { kind: 'root-accepted', actor, reason: 'Bob leaves', root: sha256Hex(root) },
    ]);
    const holders = await service.query<{ owner: string }>(
      'select owner from trust_key join chain on chain.id = chain_id where chain.name = $1 order by 1',
      [chain],
    );
    expect(holders.map(({ owner }) => owner)).toEqual(['alice', 'bob', 'carol']);
  });

  it("say whose key an owner's is, and nobody else does", async () => {
    const rename = { key: bob.publicKey, owner: 'another', reason: 'To count twice' };
    const { status, body } = await operator.post(`/keys?chain=${chain}`, rename);
    expect([status, body.code]).toEqual([409, 'OWNER_NAMED_BY_ROOT']);
  });

  it.each(['compromise', 'suspend', 'misissue', 'retire'])(
    'are not signed by a key after its owner told to %s it',
    async (change) => {
      const limit = `/keys/${keyFingerprint(bob)}/${change}?chain=${chain}`;
      expectStatus(await operator.post(limit, { reason: 'Lost on a train' }), 200);
      const { status, body } = await post(signRoot(next(), alice, bob, carol));
      expect([status, body.code]).toEqual([422, 'ROOT_NOT_SIGNED_BY_OWNERS']);
      expect(body.errors).toEqual([expect.objectContaining({ code: expect.stringMatching(/^KEY_/) })]);
    },
  );

  it('follow that of a chain from before there were versions', async () => {
    await service.query('delete from trust_root where chain_id = (select id from chain where name = $1)', [
      chain,
    ]);
    expectStatus(await post(signRoot(next(), alice, bob, carol)), 201);
    expect(await versions()).toEqual([2, 1]);
  });
});
