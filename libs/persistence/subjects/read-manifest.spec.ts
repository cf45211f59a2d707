import { describe, expect, it } from 'vitest';
import { sha256 } from '#storage/content-address.js';
import { sha256Hex } from '../../../test/support/supply-chain.js';
import { readImageFile } from './read-manifest.js';

const digestOf = (content: string) => `sha256:${sha256Hex(content)}`;
const bytesOf = (content: string) => Buffer.from(sha256Hex(content), 'hex');
const file = (value: unknown) => Buffer.from(JSON.stringify(value));

const manifest = {
  schemaVersion: 2,
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  config: { mediaType: 'application/vnd.oci.image.config.v1+json', size: 2, digest: digestOf('config') },
  layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', size: 9, digest: digestOf('layer') }],
};

const entry = (content: string, os = 'linux', architecture = 'amd64') => ({
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  size: 7,
  digest: digestOf(content),
  platform: { os, architecture },
});

const index = (...manifests: object[]) => ({
  schemaVersion: 2,
  mediaType: 'application/vnd.oci.image.index.v1+json',
  manifests,
});

const refusal = (bytes: Buffer) => {
  try {
    return readImageFile(bytes);
  } catch (error) {
    return (error as { code?: string }).code;
  }
};

describe('an image manifest', () => {
  it('is its bytes, and the config that it names covers it', () => {
    const bytes = file(manifest);
    expect(readImageFile(bytes)).toEqual({
      digest: sha256(bytes),
      kind: 'manifest',
      relations: [{ covered: sha256(bytes), covering: bytesOf('config'), kind: 'config' }],
    });
  });

  it('is another one when a blank is added', () => {
    const spaced = Buffer.from(`${JSON.stringify(manifest)} `);
    expect(readImageFile(spaced).digest.equals(readImageFile(file(manifest)).digest)).toBe(false);
  });

  it('may be of Docker', () => {
    const docker = { ...manifest, mediaType: 'application/vnd.docker.distribution.manifest.v2+json' };
    expect(readImageFile(file(docker)).kind).toBe('manifest');
  });
});

describe('a manifest of what is no image', () => {
  it('is covered by nothing: its config pins no layers, and others have the same one', () => {
    const config = { mediaType: 'application/vnd.oci.empty.v1+json', size: 2, digest: digestOf('{}') };
    expect(readImageFile(file({ ...manifest, config }))).toMatchObject({ kind: 'manifest', relations: [] });
  });

  it('is refused when it does not say what its config is', () => {
    expect(refusal(file({ ...manifest, config: { digest: digestOf('config') } }))).toBe('MANIFEST_INVALID');
  });

  it('is refused when it says so in two ways', () => {
    const config = { ...manifest.config, MediaType: 'application/vnd.oci.empty.v1+json' };
    expect(refusal(file({ ...manifest, config }))).toBe('JSON_DUPLICATE_MEMBER');
  });
});

describe('an image index', () => {
  it.each([
    'application/vnd.oci.image.index.v1+json',
    'application/vnd.docker.distribution.manifest.list.v2+json',
    undefined,
  ])('of the type %s covers the manifests in it', (mediaType) => {
    const bytes = file({ ...index(entry('amd64'), entry('arm64', 'linux', 'arm64')), mediaType });
    const own = sha256(bytes);
    expect(readImageFile(bytes)).toEqual({
      digest: own,
      kind: 'index',
      relations: [
        { covered: bytesOf('amd64'), covering: own, kind: 'index' },
        { covered: bytesOf('arm64'), covering: own, kind: 'index' },
      ],
    });
  });

  it('covers an index within it as it covers a manifest', () => {
    const nested = { ...entry('nested'), mediaType: 'application/vnd.oci.image.index.v1+json' };
    expect(readImageFile(file(index(nested))).relations).toMatchObject([{ covered: bytesOf('nested') }]);
  });

  it('does not count attestations, which are manifests for no platform, as images', () => {
    const { relations } = readImageFile(file(index(entry('amd64'), entry('sbom', 'unknown', 'unknown'))));
    expect(relations).toMatchObject([{ covered: bytesOf('amd64') }]);
  });

  it('counts what names no platform or half of one, since a node may pull it', () => {
    const { platform: _, ...bare } = entry('bare');
    const { relations } = readImageFile(file(index(bare, entry('half', 'unknown', 'amd64'))));
    expect(relations).toHaveLength(2);
  });

  it('is refused with more manifests than there are platforms', () => {
    const many = (count: number) => index(...Array.from({ length: count }, (_, n) => entry(`${n}`)));
    expect(readImageFile(file(many(64))).relations).toHaveLength(64);
    expect(refusal(file(many(65)))).toBe('MANIFEST_INVALID');
    expect(refusal(file(many(0)))).toBe('MANIFEST_INVALID');
  });
});

describe('a file that two tools may read in two ways', () => {
  it.each([
    ['is manifest and index at once', { ...manifest, manifests: [entry('amd64')] }],
    ['is an index with a config', { ...index(entry('amd64')), config: manifest.config }],
    ['is neither', { schemaVersion: 2 }],
    ['is of the first schema', { ...manifest, schemaVersion: 1 }],
    [
      'names its config by another algorithm',
      { ...manifest, config: { digest: `sha512:${'0'.repeat(128)}` } },
    ],
    ['names its config in upper case', { ...manifest, config: { digest: digestOf('a').toUpperCase() } }],
    ['is a list', [manifest]],
    ['is nothing', null],
  ])('is refused when it %s', (_, value) => {
    expect(refusal(file(value))).toBe('MANIFEST_INVALID');
  });

  it.each([
    ['its config twice', '{"schemaVersion":2,"config":{"digest":"A"},"layers":[],"config":{"digest":"B"}}'],
    [
      'its config again as Config',
      '{"schemaVersion":2,"config":{"digest":"A"},"layers":[],"Config":{"digest":"B"}}',
    ],
    ['its digest again as DIGEST', '{"schemaVersion":2,"config":{"digest":"A","DIGEST":"B"},"layers":[]}'],
    ['manifests with a long s', '{"schemaVersion":2,"config":{"digest":"A"},"layers":[],"manifeſts":[]}'],
    ['an escaped name twice', '{"schemaVersion":2,"config":{"digest":"A","\\u0064igest":"B"},"layers":[]}'],
  ])('is refused when it names %s', (_, text) => {
    const [a, b] = [digestOf('good'), digestOf('evil')];
    const bytes = Buffer.from(text.replace('"A"', `"${a}"`).replace('"B"', `"${b}"`));
    expect(refusal(bytes)).toBe('JSON_DUPLICATE_MEMBER');
  });

  it('may have annotations of any name', () => {
    const annotated = { ...manifest, annotations: { Config: 'a', OS: 'b' } };
    expect(readImageFile(file(annotated)).kind).toBe('manifest');
  });
});
