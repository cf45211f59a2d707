import { sha256Hex } from '../support/supply-chain.js';
import { type Build, bob, digestOf } from './pipeline.js';
import type { Scenario } from './scenario.js';
import type { World } from './world.js';

const INDEX = 'application/vnd.oci.image.index.v1+json';
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

interface Platform {
  readonly os: string;
  readonly architecture: string;
}
const amd64 = { os: 'linux', architecture: 'amd64' };
const arm64 = { os: 'linux', architecture: 'arm64' };

export const digestOfFile = (bytes: Buffer): string => `sha256:${sha256Hex(bytes)}`;

export function manifestOf(config: string, layer: string): Buffer {
  return Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: config, size: 2 },
      layers: [{ digest: digestOf(layer), size: 2 }],
    }),
  );
}

export function indexOf(...entries: (readonly [digest: string, platform?: Platform])[]): Buffer {
  const manifests = entries.map(([digest, platform]) => ({
    mediaType: MANIFEST,
    digest,
    size: 2,
    ...(platform ? { platform } : {}),
  }));
  return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests }));
}

/** A build that passed, and the manifest of its image, as CI posts it after the push. */
export async function pushed(world: World): Promise<{ build: Build; manifest: Buffer }> {
  await world.found();
  const build = world.build('monday');
  await world.postBuild(build, { run: '1' });
  const manifest = manifestOf(build.digest, 'layer');
  await world.postManifest(manifest);
  await world.expectPass(digestOfFile(manifest));
  return { build, manifest };
}

export const images: readonly Scenario[] = [
  {
    name: 'an index with a platform that nobody built',
    story: async (world) => {
      const { manifest } = await pushed(world);
      const evil = manifestOf(digestOf('evil config'), 'evil');
      const index = indexOf([digestOfFile(manifest), amd64], [digestOfFile(evil), arm64]);
      await world.postManifest(evil);
      await world.postManifest(index);
      return digestOfFile(index);
    },
    expect: 'pending',
    finding: 'SUBJECT_NOT_ANCHORED',
  },
  {
    name: 'an index with a platform whose build fails',
    story: async (world) => {
      const { manifest } = await pushed(world);
      const arm = world.build('arm');
      await world.postSteps(arm, ['checkout', 'build'], { run: 'arm' });
      await world.post(arm.failingScan(), { run: 'arm' });
      const failing = manifestOf(arm.digest, 'arm');
      await world.postManifest(failing);
      const index = indexOf([digestOfFile(manifest), amd64], [digestOfFile(failing), arm64]);
      await world.postManifest(index);
      return digestOfFile(index);
    },
    expect: 'fail',
    finding: 'RULE_DISALLOWED',
  },
  {
    name: 'an index one manifest of which was never posted',
    story: async (world) => {
      const { manifest } = await pushed(world);
      const index = indexOf([digestOfFile(manifest), amd64], [digestOf('never built'), arm64]);
      await world.postManifest(index);
      return digestOfFile(index);
    },
    expect: 'pending',
  },
  {
    name: 'an index whose bad manifest names no platform',
    story: async (world) => {
      const { manifest } = await pushed(world);
      const index = indexOf([digestOfFile(manifest), amd64], [digestOf('never built')]);
      await world.postManifest(index);
      return digestOfFile(index);
    },
    expect: 'pending',
  },
  {
    name: 'an attestation manifest asked for as an image',
    story: async (world) => {
      const { manifest } = await pushed(world);
      const attestation = digestOf('attestation');
      const index = indexOf(
        [digestOfFile(manifest), amd64],
        [attestation, { os: 'unknown', architecture: 'unknown' }],
      );
      await world.postManifest(index);
      await world.expectPass(digestOfFile(index));
      return attestation;
    },
    expect: 'unknown',
  },
  {
    name: 'an index of nothing but attestations',
    story: async (world) => {
      await pushed(world);
      const index = indexOf([digestOf('attestation'), { os: 'unknown', architecture: 'unknown' }]);
      await world.postManifest(index);
      return digestOfFile(index);
    },
    expect: 'pending',
  },
  {
    name: 'a bad manifest behind more good ones than are looked at',
    story: async (world) => {
      const { build } = await pushed(world);
      const good = Array.from({ length: 70 }, (_, i) => manifestOf(build.digest, `layer ${i}`));
      for (const manifest of good) await world.postManifest(manifest);
      const entries = good.map((manifest) => [digestOfFile(manifest), amd64] as const);
      const first = indexOf(...entries.slice(0, 60));
      const second = indexOf(...entries.slice(60), [`sha256:${'f'.repeat(64)}`, arm64]);
      const index = indexOf([digestOfFile(first)], [digestOfFile(second)]);
      for (const part of [first, second, index]) await world.postManifest(part);
      return digestOfFile(index);
    },
    expect: 'pending',
    finding: 'INDEX_TOO_LARGE',
  },
  {
    name: 'a bad manifest in an index within an index',
    story: async (world) => {
      const { manifest } = await pushed(world);
      const inner = indexOf([digestOfFile(manifest), amd64], [digestOf('never built'), arm64]);
      const outer = indexOf([digestOfFile(inner)]);
      await world.postManifest(inner);
      await world.postManifest(outer);
      return digestOfFile(outer);
    },
    expect: 'pending',
  },
  {
    name: 'an image in an index within an index that fails later',
    story: async (world) => {
      const { build, manifest } = await pushed(world);
      const inner = indexOf([digestOfFile(manifest), amd64]);
      const outer = indexOf([digestOfFile(inner)]);
      await world.postManifest(inner);
      await world.postManifest(outer);
      await world.expectPass(digestOfFile(outer));
      await world.post(build.failingScan(), { run: '1', attempt: 2 });
      return digestOfFile(outer);
    },
    expect: 'fail',
    finding: 'RULE_DISALLOWED',
  },
  {
    name: 'indexes that list each other’s lists, twenty deep',
    story: async (world) => {
      await pushed(world);
      let below = [digestOf('never built'), digestOf('never built either')];
      for (let depth = 0; depth < 20; depth += 1) {
        const pair = ['a', 'b'].map((annotation) =>
          Buffer.from(
            JSON.stringify({
              ...JSON.parse(`${indexOf(...below.map((d) => [d] as const))}`),
              annotations: { annotation },
            }),
          ),
        );
        for (const index of pair) await world.postManifest(index);
        below = pair.map(digestOfFile);
      }
      return below[0] ?? '';
    },
    expect: 'pending',
  },
  {
    name: 'a manifest that lists manifests and names a config',
    story: async (world) => {
      const { build, manifest } = await pushed(world);
      const both = { ...JSON.parse(`${manifest}`), ...JSON.parse(`${indexOf([build.digest])}`) };
      return world.operator.post(`/subjects/manifests?chain=${world.chain}`, both);
    },
    expect: 'refused',
    finding: 'MANIFEST_INVALID',
  },
  {
    name: 'a manifest whose config is another image',
    story: async (world) => {
      await pushed(world);
      const evil = manifestOf(digestOf('evil'), 'layer');
      await world.postManifest(evil);
      return digestOfFile(evil);
    },
    expect: 'pending',
  },
  {
    name: 'a config that is a manifest of a good config, too',
    story: async (world) => {
      const { build, manifest } = await pushed(world);
      const config = Buffer.from(
        JSON.stringify({
          ...JSON.parse(`${manifest}`),
          ...{ os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: [digestOf('evil')] } },
        }),
      );
      const evil = manifestOf(digestOfFile(config), 'evil');
      await world.postManifest(config);
      await world.postManifest(evil);
      await world.expectPass(build.digest);
      return digestOfFile(evil);
    },
    expect: 'pending',
    finding: 'SUBJECT_NOT_ANCHORED',
  },
  {
    name: 'a manifest that shares its layers with a good one',
    story: async (world) => {
      await pushed(world);
      await world.postManifest(manifestOf(digestOf('evil'), 'layer'));
      return digestOf('layer');
    },
    expect: 'unknown',
  },
  {
    name: 'the config of a manifest that was built',
    story: async (world) => {
      await world.found();
      const build = world.build('monday');
      const config = digestOf('some config');
      const manifest = manifestOf(config, 'layer');
      await world.postManifest(manifest);
      const digestFile = { 'image-digest.txt': `${digestOfFile(manifest)}\n` };
      await world.postSteps(build, ['checkout'], { run: '1' });
      await world.post(build.sign('build', bob, build.sources, { ...build.sources, ...digestFile }), {
        run: '1',
      });
      return config;
    },
    expect: 'unknown',
  },
];
