import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Client, expectStatus } from '../support/client.js';
import { createGpgKey } from '../support/gpg-keys.js';
import { type Service, startService } from '../support/service.js';
import { layout, link, type SigningKey, sha256Hex, signMetablock } from '../support/supply-chain.js';
import { untilReplay } from './replay-world.js';

const CHAIN = 'acme/web';
/** Time enough to post a layout and a link, and to wait for the verdict. */
const VALID_MS = 6_000;

let service: Service;
let operator: Client;
let ends: number;
let builder: SigningKey;
let old: string;

const imageOf = (name: string) => `image ${name}`;
const post = async (name: string): Promise<string> => {
  const file = signMetablock(link('build', { products: { 'image.tar': imageOf(name) } }), builder);
  expectStatus(await operator.postLink(file, { chain: CHAIN, run: name }), 201);
  return `sha256:${sha256Hex(imageOf(name))}`;
};

beforeAll(async () => {
  service = await startService();
  operator = service.operator;
  const creationTime = Math.floor(Date.now() / 1_000) - 1_000;
  const validity = 1_000 + VALID_MS / 1_000;
  ends = (creationTime + validity) * 1_000;
  builder = createGpgKey('eddsa', { creationTime, validity });
  const owner = createGpgKey('eddsa', { creationTime, validity });
  const policy = layout().step('build', { by: builder, products: ['CREATE image.tar', 'DISALLOW *'] });
  expectStatus(await operator.createChain(CHAIN, owner), 201);
  expectStatus(await operator.postLayout(CHAIN, signMetablock(policy.toPayload(), owner)), 201);
  old = await post('old');
  await operator.waitForVerdict(old, 'pass', CHAIN);
  await sleep(Math.max(0, ends - Date.now()) + 1_000);
});

afterAll(() => service?.stop());

it('of owner or functionary takes nothing back that it signed in time, however often it is verified', async () => {
  const plan = { filter: { chain: CHAIN, all: true }, reason: 'has anything changed?' };
  const { id } = expectStatus(await operator.post('/replays', plan), 201).body as { id: string };
  const { body } = await untilReplay(operator, id, 'planned');
  expect(body).toMatchObject({ total: 1, changed: 0, flips: 0 });
  expect((await operator.verdict(old, CHAIN)).body).toMatchObject({ verdict: 'pass', allowed: true });
});

it('signs nothing more that counts', async () => {
  const late = await post('late');
  const { body } = await operator.waitForVerdict(late, 'pending', CHAIN);
  const codes = (body.findings as { code: string }[]).map(({ code }) => code);
  expect(codes).toContain('LINK_FORGED');
});
