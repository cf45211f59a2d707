import { createHash } from 'node:crypto';
import type { JsonObject } from '#in-toto/index.js';
import { artifacts, link, sha256Hex, signMetablock } from '../support/supply-chain.js';
import { alice, bob, carol, digestOf, hexOf, policy } from './pipeline.js';
import type { Ending, Scenario } from './scenario.js';

/** Bob's build leaves this beside the sources, in place of a file with the digest. */
function leaving(
  name: string,
  product: (digest: string) => JsonObject,
  expect: Ending,
  finding?: string,
): Scenario {
  return {
    name,
    story: async (world) => {
      await world.found();
      const build = world.build('monday');
      const products = { ...artifacts(build.sources), 'image-digest.txt': product(build.digest) };
      const bytes = signMetablock(
        { ...link('build', { materials: build.sources }), products: products as JsonObject },
        bob,
      );
      await world.postSteps(build, ['checkout'], { run: '1', subject: build.digest });
      const reply = await world.offer(bytes, { run: '1', subject: build.digest });
      if (reply.status >= 300) return reply;
      const scan = { ...link('scan', {}), materials: { 'image-digest.txt': product(build.digest) } };
      await world.post(
        signMetablock({ ...scan, products: artifacts({ 'report.json': 'no findings' }) }, carol),
        { run: '1' },
      );
      return build.digest;
    },
    expect,
    ...(finding ? { finding } : {}),
  };
}

const fileOf = (text: string): JsonObject => ({ sha256: sha256Hex(text) });
const unproven = 'SUBJECT_NOT_PROVEN';

/** Somebody asks for a digest in a way of his own. */
function asked(name: string, spelling: (digest: string) => string): Scenario {
  return {
    name,
    story: async (world) => {
      await world.found();
      const build = world.build('monday');
      await world.postBuild(build, { run: '1' });
      await world.expectPass(build.digest);
      return world.operator.verdict(encodeURIComponent(spelling(build.digest)), world.chain);
    },
    expect: 'refused',
    finding: 'DIGEST_INVALID',
  };
}

export const digests: readonly Scenario[] = [
  leaving(
    'the digits of the digest as a sha512',
    (digest) => ({ sha512: hexOf(digest).repeat(2) }),
    'pending',
    unproven,
  ),
  leaving(
    'the digits of the digest under another algorithm',
    (digest) => ({ 'sha3-256': hexOf(digest) }),
    'pending',
    unproven,
  ),
  leaving(
    'the digits of the digest under SHA256 in capitals',
    (digest) => ({ SHA256: hexOf(digest) }),
    'pending',
    unproven,
  ),
  leaving(
    'the digits of the digest as a gitoid',
    (digest) => ({ 'gitoid:blob:sha256': hexOf(digest) }),
    'pending',
    unproven,
  ),
  leaving('half a digest', (digest) => ({ sha256: hexOf(digest).slice(0, 32) }), 'refused', 'HASH_LENGTH'),
  leaving(
    'a digest with more digits',
    (digest) => ({ sha256: `${hexOf(digest)}00` }),
    'refused',
    'HASH_LENGTH',
  ),
  leaving('a digest with its algorithm in front', (digest) => ({ sha256: digest }), 'refused'),
  leaving('a digest file that ends as on Windows', (digest) => fileOf(`${digest}\r\n`), 'pending', unproven),
  leaving('a digest file with a space at its end', (digest) => fileOf(`${digest} `), 'pending', unproven),
  leaving('a digest file with a byte order mark', (digest) => fileOf(`\ufeff${digest}`), 'pending', unproven),
  leaving('a digest file in capitals', (digest) => fileOf(digest.toUpperCase()), 'pending', unproven),
  leaving(
    'a digest file of another algorithm',
    (digest) => fileOf(`sha512:${hexOf(digest)}`),
    'pending',
    unproven,
  ),
  leaving(
    'the sha512 of a digest file',
    (digest) => ({ sha512: createHash('sha512').update(digest).digest('hex') }),
    'pending',
    unproven,
  ),
  leaving('a digest file of another image', () => fileOf(`${digestOf('another')}\n`), 'pending', unproven),
  leaving('no digest file at all, only a declared subject', () => fileOf('nothing'), 'pending', unproven),
  leaving(
    'a digest file that names two images',
    (digest) => fileOf(`${digest}\n${digestOf('another')}\n`),
    'pending',
    unproven,
  ),
  asked('a digest asked for in capitals', (digest) => `sha256:${hexOf(digest).toUpperCase()}`),
  asked('a digest asked for by a prefix', (digest) => digest.slice(0, 40)),
  asked('a digest asked for as a sha512', (digest) => `sha512:${hexOf(digest)}`),
  asked('a digest asked for with a space', (digest) => `${digest} `),
  {
    name: 'an image that only a material names',
    story: async (world) => {
      await world.found();
      const build = world.build('monday');
      const base = digestOf('base');
      const materials = { ...build.sources, 'base.txt': base };
      await world.postSteps(build, ['checkout', 'scan'], { run: '1', subject: base });
      await world.post(build.sign('build', bob, materials, { ...build.sources, ...build.digestFile }), {
        run: '1',
      });
      return base;
    },
    expect: 'pending',
  },
  {
    name: 'two images in one link, of which the scan saw one',
    story: async (world) => {
      await world.found(
        policy().step('publish', { by: bob, materials: ['DISALLOW *'], products: ['CREATE *'] }),
      );
      const [good, evil] = [world.build('good'), digestOf('evil')];
      const two = { ...good.sources, ...good.digestFile, 'second-digest.txt': `${evil}\n` };
      await world.postSteps(good, ['checkout', 'scan'], { run: '1' });
      await world.post(good.sign('build', bob, good.sources, two), { run: '1' });
      await world.post(good.sign('publish', bob, {}, {}), { run: '1' });
      return evil;
    },
    expect: 'fail',
    finding: 'RULE_DISALLOWED',
  },
  {
    name: 'an image named by a source file that somebody committed',
    story: async (world) => {
      await world.found(policy(), { anchorSteps: ['build'] });
      const evil = digestOf('evil');
      const build = world.build('monday');
      const sources = { ...build.sources, 'src/notes.txt': `${evil}\n` };
      await world.post(build.sign('checkout', alice, {}, sources), { run: '1' });
      await world.post(build.sign('build', bob, sources, { ...sources, ...build.digestFile }), { run: '1' });
      await world.post(build.link('scan'), { run: '1' });
      await world.expectPass(build.digest);
      return evil;
    },
    expect: 'pending',
    finding: unproven,
  },
  {
    name: 'an image named by the report of a scanner',
    story: async (world) => {
      await world.found(policy(), { anchorSteps: ['build'] });
      const evil = digestOf('evil');
      const build = world.build('monday');
      await world.postSteps(build, ['checkout', 'build'], { run: '1' });
      await world.post(build.sign('scan', carol, build.digestFile, { 'report.json': evil }), { run: '1' });
      return evil;
    },
    expect: 'pending',
    finding: unproven,
  },
];
