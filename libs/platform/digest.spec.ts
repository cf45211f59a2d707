import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestParameter, readDigest, writeDigest } from './digest.js';

const hex = 'ab'.repeat(32);

describe('a digest', () => {
  it('is read as it is written', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        const digest = Buffer.from(bytes);
        expect(readDigest(writeDigest(digest))).toEqual(digest);
        expect(digestParameter.parse(writeDigest(digest))).toEqual(digest);
      }),
    );
  });

  it.each([
    '',
    hex,
    'sha256:',
    `sha256:${hex.slice(1)}`,
    `sha256:${hex}a`,
    `sha256:${hex.toUpperCase()}`,
    `SHA256:${hex}`,
    `sha512:${hex}`,
    `sha256:${hex}\n`,
    ` sha256:${hex}`,
    `repo@sha256:${hex}`,
    `sha256:${'g'.repeat(64)}`,
    `sha256:${'０'.repeat(64)}`,
  ])('is not written as %j', (text) => {
    expect(() => readDigest(text)).toThrow(expect.objectContaining({ code: 'DIGEST_INVALID' }));
    expect(digestParameter.safeParse(text).success).toBe(false);
  });
});
