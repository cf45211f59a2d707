import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, expectStatus, type Reply } from '../support/client.js';
import { keyFingerprint } from '../support/key-fingerprint.js';
import { type SigningKey, signMetablock } from '../support/supply-chain.js';
import { type Build, bob, carol, dave, owner, policy } from './pipeline.js';
import type { Scenario } from './scenario.js';
import { review, scannedByTwo, twoBuilders } from './thresholds.js';
import type { World } from './world.js';

const ago = (seconds: number): string => new Date(Date.now() - seconds * 1_000).toISOString();

/** Longer than any process keeps an answer. */
const KEPT_MS = 1_100;

/** Somebody who may operate the chain, but is not the operator of the other stories. */
const another = (world: World): Promise<Client> => world.holderOf('operate', 'read');

async function tryChange(
  world: World,
  who: Client,
  key: SigningKey,
  what: string,
  more: object,
): Promise<Reply> {
  const fingerprint = keyFingerprint(key);
  return who.post(`/keys/${fingerprint}/${what}?chain=${world.chain}`, { reason: what, ...more });
}

async function change(
  world: World,
  key: SigningKey,
  what: string,
  more: object = {},
  who = world.operator,
): Promise<string> {
  const { body } = expectStatus(await tryChange(world, who, key, what, more), 200);
  await sleep(KEPT_MS);
  return (body.change as { seq: string }).seq;
}

async function describe(world: World, key: SigningKey, said: object): Promise<void> {
  const request = { key: key.publicKey, reason: 'so it is', ...said };
  expectStatus(await world.operator.post(`/keys?chain=${world.chain}`, request), 200);
}

async function passed(world: World, settings?: object): Promise<Build> {
  await world.found(policy(), settings);
  const build = world.build('monday');
  await world.postBuild(build, { run: '1' });
  await world.expectPass(build.digest);
  return build;
}

/** What the thief wants to be signed, before he can. */
function withForeignSignature(file: Buffer): Buffer {
  const metablock = JSON.parse(file.toString());
  const [{ keyid }] = metablock.signatures;
  return Buffer.from(JSON.stringify({ ...metablock, signatures: [{ keyid, sig: 'ab'.repeat(64) }] }));
}

const trusting = { conflict: 'strict', grandfather: 'byReceipt' };

export const keys: readonly Scenario[] = [
  {
    name: 'a verdict by a key that is compromised since before it',
    story: async (world) => {
      const build = await passed(world);
      await change(world, bob, 'compromise', { since: ago(3_600) });
      return build.digest;
    },
    expect: 'fail',
    finding: 'KEY_COMPROMISED',
  },
  {
    name: 'a verdict by a compromised key, where nobody attests that it is older',
    story: async (world) => {
      const build = await passed(world);
      await change(world, bob, 'compromise', { since: ago(0) });
      return build.digest;
    },
    expect: 'fail',
    finding: 'KEY_COMPROMISED',
  },
  {
    name: 'a verdict by a key that was never to be trusted, where older signatures stand',
    story: async (world) => {
      const build = await passed(world, trusting);
      await change(world, bob, 'misissue');
      return build.digest;
    },
    expect: 'fail',
    finding: 'KEY_MISISSUED',
  },
  {
    name: 'a verdict by a suspended key',
    story: async (world) => {
      const build = await passed(world);
      await change(world, carol, 'suspend');
      return build.digest;
    },
    expect: 'fail',
    finding: 'KEY_SUSPENDED',
  },
  {
    name: 'links of before, posted after their key was retired',
    story: async (world) => {
      await world.found();
      await change(world, carol, 'retire', { effective: ago(1) });
      const build = world.build('monday');
      await world.postBuild(build, { run: '1' });
      return build.digest;
    },
    expect: 'pending',
    finding: 'KEY_RETIRED',
  },
  {
    name: 'links of before, posted after their key has lapsed',
    story: async (world) => {
      await world.found();
      await describe(world, carol, { notAfter: ago(3_600) });
      const build = world.build('monday');
      await world.postBuild(build, { run: '1' });
      return build.digest;
    },
    expect: 'pending',
    finding: 'KEY_NOT_VALID_AT_TIME',
  },
  {
    name: 'signed after the key was retired, and posted before with a signature that is none',
    story: async (world) => {
      await world.found();
      const build = world.build('monday');
      await world.post(withForeignSignature(build.link('scan')), { run: 'before' });
      await change(world, carol, 'retire');
      await world.postBuild(build, { run: '1' });
      return build.digest;
    },
    expect: 'pending',
    finding: 'KEY_RETIRED',
  },
  {
    name: 'signed after the key was retired, and posted before with a signature that is none, without a run',
    story: async (world) => {
      await world.found();
      const build = world.build('monday');
      await world.post(withForeignSignature(build.link('scan')));
      await change(world, carol, 'retire');
      await world.postBuild(build);
      return build.digest;
    },
    expect: 'pending',
    finding: 'LINK_MISSING',
  },
  {
    name: 'links of a lapsed key without a run',
    story: async (world) => {
      await world.found();
      await describe(world, carol, { notAfter: ago(3_600) });
      const build = world.build('monday');
      await world.postBuild(build);
      return build.digest;
    },
    expect: 'pending',
    finding: 'LINK_MISSING',
  },
  {
    name: 'an old link, signed again by the thief of its key in a build of his',
    story: async (world) => {
      await passed(world, trusting);
      await change(world, bob, 'compromise', { since: ago(0) });
      const evil = world.build('evil');
      await world.postBuild(evil, { run: '1', subject: evil.digest });
      return evil.digest;
    },
    expect: 'pending',
    finding: 'KEY_COMPROMISED',
  },
  {
    name: 'an old link of a stolen key, posted to a new run',
    story: async (world) => {
      const build = await passed(world);
      await change(world, bob, 'compromise');
      await world.postBuild(build, { run: '2' });
      return build.digest;
    },
    expect: 'pending',
    finding: 'KEY_COMPROMISED',
  },
  {
    name: 'a threshold met with two keys of one owner',
    story: async (world) => {
      await world.found(scannedByTwo(carol, dave));
      await describe(world, carol, { owner: 'carol' });
      await describe(world, dave, { owner: 'carol' });
      const build = world.build('monday');
      await world.postBuild(build, { run: '1' });
      await world.post(review(build, carol), { run: '1' });
      await world.post(review(build, dave), { run: '1' });
      return build.digest;
    },
    expect: 'pending',
    finding: 'OWNERS_BELOW_THRESHOLD',
  },
  {
    name: 'a threshold met with two keys that turn out to be of one owner',
    story: async (world) => {
      await world.found(scannedByTwo(carol, dave));
      const build = world.build('monday');
      await world.postBuild(build, { run: '1' });
      await world.post(review(build, carol), { run: '1' });
      await world.post(review(build, dave), { run: '1' });
      await world.expectPass(build.digest);
      await describe(world, carol, { owner: 'carol' });
      await describe(world, dave, { owner: 'carol' });
      await sleep(KEPT_MS);
      return build.digest;
    },
    expect: 'fail',
    finding: 'KEY_OWNER_CHANGED',
  },
  {
    name: 'a contradiction hidden by a suspension, after that is lifted',
    story: async (world) => {
      await world.found(twoBuilders());
      await change(world, dave, 'suspend');
      const build = world.build('monday');
      await world.postBuild(build, { run: '1' });
      const different = build.sign('build', dave, build.sources, {
        ...build.sources,
        'image-digest.txt': 'x',
      });
      await world.post(different, { run: '1' });
      await world.expectPass(build.digest);
      await change(world, dave, 'lift', {}, await another(world));
      return build.digest;
    },
    expect: 'fail',
    finding: 'KEY_RESTORED',
  },
  {
    name: 'a layout by an owner whose key was stolen',
    story: async (world) => {
      const build = await passed(world);
      await change(world, owner, 'compromise');
      const lax = policy({ readme: 'whatever' }).step('scan', { by: dave });
      await world.putInForce(signMetablock(lax.toPayload(), owner));
      return build.digest;
    },
    expect: 'fail',
    finding: 'KEY_COMPROMISED',
  },
  {
    name: 'a revocation undone by whoever recorded it',
    story: async (world) => {
      await passed(world);
      const undoes = await change(world, bob, 'compromise');
      return tryChange(world, world.operator, bob, 'undo', { undoes });
    },
    expect: 'refused',
    finding: 'SECOND_OPERATOR_NEEDED',
  },
  {
    name: 'a gate that is sent to a time before the revocation',
    story: async (world) => {
      const build = await passed(world);
      await change(world, bob, 'compromise');
      const asOf = ago(KEPT_MS / 1_000);
      const query = new URLSearchParams({ chain: world.chain, asOf });
      const { body } = await world.operator.get(`/verdicts/${build.digest}?${query}`);
      if (body.allowed !== undefined) throw new Error('a report of the past says allowed');
      return build.digest;
    },
    expect: 'fail',
    finding: 'KEY_COMPROMISED',
  },
  {
    name: 'a key that was retired after its last build',
    story: async (world) => {
      const build = await passed(world);
      await change(world, bob, 'retire');
      return build.digest;
    },
    expect: 'pass',
  },
  {
    name: 'a revocation by mistake, undone by another operator',
    story: async (world) => {
      const build = await passed(world);
      const undoes = await change(world, bob, 'compromise');
      await change(world, bob, 'undo', { undoes }, await another(world));
      return build.digest;
    },
    expect: 'pass',
  },
];
