import { describe, expect, it } from 'vitest';
import { digestOf, EvidenceWorld, person } from '../../test/support/evidence-world.js';
import { layout, link, sha256Hex, signMetablock } from '../../test/support/supply-chain.js';
import { anchoringProduct } from './anchor.js';
import type { Anchor } from './evidence.js';

const bob = person('bob');
const world = new EvidenceWorld(layout().step('build', { by: bob }));
const image = digestOf('image');
const hex = image.toString('hex');
const anchors: Anchor[] = [{ digest: image, via: 'itself' }];

describe('a product that speaks of the subject', () => {
  it('is the image itself', () => {
    const { metadata } = world.post('build', bob, { products: { 'a.txt': 'a', 'image.tar': 'image' } });
    expect(anchoringProduct(metadata, anchors)).toMatchObject({ path: 'image.tar', form: 'digest' });
  });

  it.each([`sha256:${hex}`, `sha256:${hex}\n`, hex, `${hex}\n`])('is a file that holds %j', (content) => {
    const { metadata } = world.post('build', bob, { products: { 'image-digest.txt': content } });
    expect(anchoringProduct(metadata, anchors)).toMatchObject({ form: 'digest file' });
  });

  it.each([hex.toUpperCase(), `${hex}\r\n`, ` ${hex}`, `sha512:${hex}`, hex.slice(1)])(
    'is no file that holds %j',
    (content) => {
      const { metadata } = world.post('build', bob, { products: { 'image-digest.txt': content } });
      expect(anchoringProduct(metadata, anchors)).toBeUndefined();
    },
  );

  it('is no material', () => {
    const { metadata } = world.post('build', bob, { materials: { 'image.tar': 'image' } });
    expect(anchoringProduct(metadata, anchors)).toBeUndefined();
  });

  it('is not another algorithm with the same digits', () => {
    const products = { 'image.tar': { sha512: hex, sha3_256: hex } };
    const { metadata } = world.postFile(signMetablock({ ...link('build'), products }, bob));
    expect(anchoringProduct(metadata, anchors)).toBeUndefined();
  });

  it('may be called __proto__', () => {
    const products = JSON.parse(`{"__proto__": {"sha256": "${sha256Hex('image')}"}}`);
    const { metadata } = world.postFile(signMetablock({ ...link('build'), products }, bob));
    expect(anchoringProduct(metadata, anchors)).toMatchObject({ path: '__proto__' });
  });

  it('tells through which digest of the image it speaks', () => {
    const { metadata } = world.post('build', bob, { products: { 'config.json': 'config' } });
    const covered: Anchor[] = [...anchors, { digest: digestOf('config'), via: 'config' }];
    expect(anchoringProduct(metadata, covered)).toMatchObject({ anchor: { via: 'config' } });
  });
});
