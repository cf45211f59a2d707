import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../support/client.js';
import { exampleChain } from '../support/example-chain.js';
import { type Service, startService } from '../support/service.js';
import { createKey, layout, sha256Hex, signDsse, signMetablock } from '../support/supply-chain.js';

const DAY_MS = 86_400_000;
const inDays = (days: number): string =>
  `${new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 19)}Z`;

describe('layouts', () => {
  let service: Service;
  let operator: Client;
  const [owner, second, stranger, builder] = ['owner', 'second', 'stranger', 'builder'].map((seed) =>
    createKey('ed25519', { seed }),
  ) as [
    ReturnType<typeof createKey>,
    ReturnType<typeof createKey>,
    ReturnType<typeof createKey>,
    ReturnType<typeof createKey>,
  ];

  beforeAll(async () => {
    service = await startService();
    operator = service.operator;
    await operator.createChain('acme/web', owner);
    await operator.createChain('acme/two', owner, second);
  });

  afterAll(() => service.stop());

  const policy = (readme: string, expires = inDays(30)) =>
    layout({ expires, readme })
      .step('build', { by: builder, materials: ['DISALLOW *'], products: ['CREATE app', 'DISALLOW *'] })
      .toPayload();

  it.each([
    ['Metablock', signMetablock],
    ['DSSE', signDsse],
  ])('in %s come into force one after the other, and are given back byte for byte', async (name, sign) => {
    const chain = `acme/${name.toLowerCase()}`;
    await operator.createChain(chain, owner);
    const [first, next] = [sign(policy('first'), owner), sign(policy('next'), owner)];
    const posted = await operator.postLayout(chain, first);
    expect(posted.status).toBe(201);
    expect(posted.body).toMatchObject({
      id: sha256Hex(first),
      chain,
      version: 1,
      active: true,
      steps: ['build'],
    });
    const again = await operator.postLayout(chain, first);
    expect([again.status, again.body]).toEqual([200, posted.body]);
    expect((await operator.postLayout(chain, next)).body).toMatchObject({ version: 2, active: true });
    expect((await operator.get(posted.headers.get('location') ?? '')).bytes.equals(first)).toBe(true);
    const { body } = await operator.get('/chains');
    expect(body.chains).toContainEqual(
      expect.objectContaining({ name: chain, activeLayout: sha256Hex(next) }),
    );
  });

  it('do not come back after they were replaced', async () => {
    const [old, current] = [signMetablock(policy('old'), owner), signMetablock(policy('current'), owner)];
    await operator.postLayout('acme/web', old);
    await operator.postLayout('acme/web', current);
    const { status, body } = await operator.postLayout('acme/web', old);
    expect([status, body.code]).toEqual([409, 'LAYOUT_SUPERSEDED']);
  });

  it.each([
    ['a stranger', [stranger]],
    ['one owner of two', [owner]],
    ['one owner twice', [owner, owner]],
    ['an owner and a stranger', [owner, stranger]],
  ])('signed by %s are refused where two owners must sign', async (_who, signers) => {
    const { status, body } = await operator.postLayout('acme/two', signMetablock(policy('few'), signers));
    expect([status, body.code]).toEqual([422, 'LAYOUT_NOT_SIGNED_BY_OWNERS']);
  });

  it('signed by both owners are taken', async () => {
    expect(
      (await operator.postLayout('acme/two', signMetablock(policy('both'), [second, owner]))).status,
    ).toBe(201);
  });

  it('changed after they were signed are refused', async () => {
    const signed = signMetablock(policy('honest'), owner).toString();
    const { body } = await operator.postLayout('acme/web', Buffer.from(signed.replace('CREATE', 'ALLOW')));
    expect(body.code).toBe('LAYOUT_NOT_SIGNED_BY_OWNERS');
  });

  it('that have expired are refused', async () => {
    const { status, body } = await operator.postLayout(
      'acme/web',
      signMetablock(policy('late', inDays(-1)), owner),
    );
    expect([status, body.code]).toEqual([422, 'LAYOUT_EXPIRED']);
  });

  it('leave no trace when they are refused', async () => {
    const refused = signMetablock(policy('refused'), stranger);
    const before = await service.blobs();
    await operator.postLayout('acme/web', refused);
    expect(await service.blobs()).toEqual(before);
    expect((await operator.get(`/layouts/${sha256Hex(refused)}?chain=acme/web`)).status).toBe(404);
  });

  it('posted at the same time get one version each', async () => {
    await operator.createChain('acme/race', owner);
    const files = Array.from({ length: 10 }, (_, i) => signMetablock(policy(`race ${i}`), owner));
    const replies = await Promise.all(files.map((file) => operator.postLayout('acme/race', file)));
    expect(replies.map(({ body }) => body.version).sort((a, b) => Number(a) - Number(b))).toEqual(
      files.map((_, i) => i + 1),
    );
  });

  it('that are links are refused, and links that are layouts', async () => {
    const { links, layout: file } = exampleChain();
    const [link] = links;
    expect((await operator.postLayout('acme/web', link?.bytes ?? Buffer.alloc(0))).body.code).toBe(
      'LAYOUT_EXPECTED',
    );
    expect((await operator.postLink(file, { chain: 'acme/web' })).body.code).toBe('LINK_EXPECTED');
  });
});
