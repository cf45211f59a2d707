import { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { KeyChangeKind } from '#key-lifecycle/key-record.js';
import { inTransaction } from '#persistence/transaction.js';
import { recordKeyChange } from '#persistence/trust/record-key-change.js';
import { type Client, expectStatus, type Reply } from '../support/client.js';
import { exampleChain } from '../support/example-chain.js';
import { keyFingerprint } from '../support/key-fingerprint.js';
import { type Service, startService } from '../support/service.js';
import {
  createKey,
  layout,
  type SigningKey,
  sha256Hex,
  signDsse,
  signMetablock,
} from '../support/supply-chain.js';
import { namedOwners, type Owners, signRoot } from '../support/trust-root.js';

const key = (seed: string): SigningKey => createKey('ed25519', { seed: `versions ${seed}` });
const [alice, bob, carol, builder] = [key('alice'), key('bob'), key('carol'), key('builder')];

const policy = (readme = '', expires = '2099-01-01T00:00:00Z') =>
  layout({ expires, readme })
    .step('build', { by: builder, products: ['CREATE app', 'DISALLOW *'] })
    .toPayload();

describe('the versions of a layout', () => {
  let service: Service;
  let operator: Client;
  let actor: string | undefined;
  let chains = 0;
  let chain: string;

  beforeAll(async () => {
    service = await startService();
    operator = service.operator;
    actor = operator.token?.split('_')[1];
  });

  afterAll(() => service.stop());

  const owners: Owners = [
    ['alice', alice],
    ['bob', bob],
    ['carol', carol],
  ];

  const found = async (given: Owners, ownerThreshold: number): Promise<void> => {
    chains += 1;
    chain = `acme/web-${chains}`;
    const request = { name: chain, owners: namedOwners(given), ownerThreshold, reason: 'Founded' };
    expectStatus(await operator.post('/chains', request), 201);
  };

  beforeEach(() => found(owners, 1));

  const post = (file: Uint8Array, query: Record<string, string> = {}): Promise<Reply> =>
    operator.post(`/layouts?${new URLSearchParams({ chain, ...query })}`, file);
  const list = async () => (await operator.get(`/layouts?chain=${chain}`)).body.layouts;
  const change = async (who: SigningKey, kind: KeyChangeKind): Promise<void> => {
    const [{ id }] = (await service.query<{ id: number }>('select id from chain where name = $1', [
      chain,
    ])) as [{ id: number }];
    const by = { actor: 'a test', reason: 'The story asks for it' };
    await inTransaction(service.app.get(DataSource), (tx) =>
      recordKeyChange(tx, id, Buffer.from(keyFingerprint(who), 'hex'), kind, by),
    );
  };

  it('are listed with who put them in force, when and why', async () => {
    const [first, second] = [policy('first'), policy('second')].map((one) => signMetablock(one, alice));
    await post(first ?? Buffer.alloc(0), { reason: 'The beginning' });
    await post(second ?? Buffer.alloc(0));
    expect(await list()).toEqual([
      expect.objectContaining({ version: 2, id: sha256Hex(second ?? ''), active: true, reason: '', actor }),
      {
        version: 1,
        id: sha256Hex(first ?? ''),
        active: false,
        expires: '2099-01-01T00:00:00.000Z',
        resigned: false,
        activatedAt: expect.any(String),
        actor,
        reason: 'The beginning',
      },
    ]);
    const { body } = await operator.get(`/layouts?chain=${chain}&before=2`);
    expect(body.layouts).toMatchObject([{ version: 1 }]);
  });

  it('stay when the same layout is signed by more owners, whose file is then in force', async () => {
    const [one, two] = [signMetablock(policy(), alice), signMetablock(policy(), [alice, bob])];
    await post(one);
    const resigned = expectStatus(await post(two, { reason: 'Bob agrees' }), 201);
    expect(resigned.body).toMatchObject({ id: sha256Hex(two), version: 1, active: true });
    expect(await list()).toMatchObject([
      { version: 1, id: sha256Hex(two), active: true, resigned: true, reason: 'Bob agrees' },
      { version: 1, id: sha256Hex(one), active: false, resigned: false },
    ]);
    for (const file of [one, two]) {
      const { bytes } = await operator.get(`/layouts/${sha256Hex(file)}?chain=${chain}`);
      expect(bytes.equals(file)).toBe(true);
    }
    const { body } = await post(signMetablock(policy('next'), carol));
    expect(body).toMatchObject({ version: 2 });
  });

  it('do not lose signatures, whoever posts them', async () => {
    await post(signMetablock(policy(), [alice, bob]));
    for (const signers of [[alice], [bob], [alice, carol]]) {
      const { status, body } = await post(signMetablock(policy(), signers));
      expect([status, body.code]).toEqual([409, 'LAYOUT_SIGNATURES_LOST']);
    }
    expect(await list()).toHaveLength(1);
  });

  it('keep their file when the same signatures come in another one', async () => {
    const file = signMetablock(policy(), [alice, bob]);
    await post(file);
    const { status, body } = await post(signMetablock(policy(), [bob, alice]));
    expect([status, body.id]).toEqual([200, sha256Hex(file)]);
    const spaced = Buffer.from(JSON.stringify(JSON.parse(file.toString())));
    expect((await post(spaced)).body.id).toBe(sha256Hex(file));
    expect(await list()).toHaveLength(1);
  });

  it('do not go back to a file with fewer signatures', async () => {
    const one = signMetablock(policy(), alice);
    await post(one);
    await post(signMetablock(policy(), [alice, bob]));
    const { status, body } = await post(one);
    expect([status, body.code]).toEqual([409, 'LAYOUT_SUPERSEDED']);
  });

  it('are signed by owners, each of whom counts once', async () => {
    const spare = key('spare');
    await found([...owners, ['alice', spare]], 2);
    const { status, body } = await post(signMetablock(policy(), [alice, spare]));
    expect([status, body.code]).toEqual([422, 'LAYOUT_NOT_SIGNED_BY_OWNERS']);
    expectStatus(await post(signMetablock(policy(), [alice, spare, bob])), 201);
  });

  it.each<[KeyChangeKind['kind'], KeyChangeKind, string]>([
    ['compromised', { kind: 'compromised', since: undefined }, 'KEY_COMPROMISED'],
    ['suspended', { kind: 'suspended' }, 'KEY_SUSPENDED'],
    ['misissued', { kind: 'misissued' }, 'KEY_MISISSUED'],
    ['retired', { kind: 'retired', effective: new Date(0) }, 'KEY_RETIRED'],
  ])('are not signed by a key that is %s', async (_kind, limit, code) => {
    await change(alice, limit);
    const { body } = await post(signMetablock(policy(), alice));
    expect(body).toMatchObject({ code: 'LAYOUT_NOT_SIGNED_BY_OWNERS', errors: [{ code }] });
    expectStatus(await post(signMetablock(policy(), [alice, bob])), 201);
  });

  it('are signed again when the key of their signature was lost', async () => {
    await post(signMetablock(policy(), alice));
    await change(alice, { kind: 'compromised', since: undefined });
    const { status, body } = await post(signMetablock(policy(), bob));
    expect([status, body.version]).toEqual([201, 1]);
  });

  it('are told again after the key of their signature was retired', async () => {
    const file = signMetablock(policy(), alice);
    await post(file);
    await change(alice, { kind: 'retired', effective: new Date() });
    expectStatus(await post(file), 200);
    expectStatus(await post(signMetablock(policy('next'), alice)), 422);
  });

  describe('tried before they come into force', () => {
    const tryOut = (file: Uint8Array) => post(file, { dryRun: 'true' });

    it('are compared with the one in force, and nothing is changed', async () => {
      const file = signMetablock(policy(), alice);
      await post(file);
      const next = signMetablock(policy('', '2098-01-01T00:00:00Z'), alice);
      const before = await list();
      const { status, body } = await tryOut(next);
      expect([status, body]).toEqual([
        200,
        {
          id: sha256Hex(next),
          chain,
          accepted: true,
          outcome: 'new',
          version: 2,
          refusals: [],
          findings: expect.any(Array),
          comparedWith: sha256Hex(file),
          differences: [
            {
              code: 'EXPIRY_CHANGED',
              step: null,
              message: expect.stringContaining('expires at 2098-01-01T00:00:00.000Z'),
            },
          ],
          replay: {
            filter: { chain, all: true },
            hypothetical: { layout: sha256Hex(next) },
          },
        },
      ]);
      expect(await list()).toEqual(before);
      expect((await operator.get(`/layouts/${sha256Hex(next)}?chain=${chain}`)).status).toBe(404);
      expect((await service.blobs()).filter((path) => path.includes('/layouts/'))).toContainEqual(
        expect.stringContaining(`${chain}/layouts/${sha256Hex(next).slice(0, 2)}/${sha256Hex(next)}`),
      );
    });

    it('say every reason why they would be refused, and are not kept', async () => {
      const blobs = await service.blobs();
      const sloppy = layout({ expires: '2020-01-01T00:00:00Z' }).step('a/b', { by: builder }).toPayload();
      const { body } = await tryOut(signMetablock(sloppy, builder));
      expect(body).toMatchObject({ accepted: false, outcome: null, version: null, replay: null });
      expect((body.refusals as { code: string }[]).map(({ code }) => code)).toEqual([
        'LAYOUT_REFUSED',
        'LAYOUT_EXPIRED',
        'LAYOUT_NOT_SIGNED_BY_OWNERS',
      ]);
      expect(body.findings).toContainEqual(
        expect.objectContaining({ code: 'NAME_UNSAFE', severity: 'refuse' }),
      );
      expect(await service.blobs()).toEqual(blobs);
    });

    it('are told as what they are: signed again, or there already', async () => {
      const file = signDsse(policy(), alice);
      await post(file);
      expect((await tryOut(signDsse(policy(), [alice, bob]))).body).toMatchObject({
        outcome: 'resigned',
        version: 1,
      });
      expect((await tryOut(file)).body).toMatchObject({ outcome: 'unchanged', differences: [] });
    });

    it('are refused as ever when they are no layouts', async () => {
      expect((await tryOut(Buffer.from('{}'))).body.code).toBe('METADATA_INVALID');
      expect((await tryOut(exampleChain().links[0]?.bytes ?? Buffer.alloc(0))).body.code).toBe(
        'LAYOUT_EXPECTED',
      );
    });
  });

  it('are refused, and refused when tried, with a key object that no column holds', async () => {
    const odd = { ...builder, publicKey: { ...builder.publicKey, note: 'a\0' } };
    const file = signMetablock(layout().step('build', { by: odd }).toPayload(), alice);
    expect((await post(file)).body.code).toBe('KEY_INVALID');
    expect((await post(file, { dryRun: 'true' })).body).toMatchObject({
      accepted: false,
      refusals: [{ code: 'KEY_INVALID' }],
    });
  });

  it('leave events, as does everything else that a chain decides', async () => {
    await operator.call(`/chains/settings?chain=${chain}`, {
      method: 'PUT',
      body: JSON.stringify({ conflict: 'any', reason: 'Rebuilds differ' }),
    });
    await post(signMetablock(policy(), alice), { reason: 'The beginning' });
    await post(signMetablock(policy(), [alice, bob]));
    const events = await service.query(
      `select kind, actor, reason from trust_event join chain on chain.id = chain_id
        where chain.name = $1 and kind not like 'key-%' order by seq`,
      [chain],
    );
    expect(events).toEqual([
      { kind: 'chain-created', actor, reason: 'Founded' },
      { kind: 'settings-changed', actor, reason: 'Rebuilds differ' },
      { kind: 'layout-activated', actor, reason: 'The beginning' },
      { kind: 'layout-resigned', actor, reason: '' },
    ]);
  });

  it('allow nothing once a root names other owners, until these have signed', async () => {
    const example = exampleChain({ seed: chain });
    const release = async (...signers: SigningKey[]) =>
      signMetablock(JSON.parse(example.layout.toString()).signed, signers);
    expectStatus(await post(await release(alice)), 201);
    await operator.postRun(example, { chain, run: '1', subject: example.imageDigest });
    await operator.waitForVerdict(example.imageDigest, 'pass', chain);
    const root = signRoot({ chain, version: 2, owners: [['dora', carol]] }, alice, carol);
    expectStatus(await operator.post(`/roots?chain=${chain}&reason=Dora+takes+over`, root), 201);
    const { body } = await operator.waitForVerdict(example.imageDigest, 'fail', chain);
    expect(body.findings).toContainEqual(expect.objectContaining({ code: 'LAYOUT_NOT_SIGNED_BY_OWNERS' }));
    expectStatus(await post(await release(alice, carol)), 201);
    await operator.waitForVerdict(example.imageDigest, 'pass', chain);
  });
});
