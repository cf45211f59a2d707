import { describe, expect, it } from 'vitest';
import { digestOf } from '../../../test/support/evidence-world.js';
import { anchorKeys } from './anchor-keys.js';

describe('the product hashes that speak of a subject', () => {
  const subject = digestOf('image');
  const hex = subject.toString('hex');
  const keys = anchorKeys(subject);

  it('begin with the digest itself', () => {
    expect(keys[0]).toEqual(subject);
  });

  it.each([`sha256:${hex}`, `sha256:${hex}\n`, hex, `${hex}\n`])('include that of a file with %j', (text) => {
    expect(keys).toContainEqual(digestOf(text));
  });

  it('are these five and no others', () => {
    expect(new Set(keys.map((key) => key.toString('hex'))).size).toBe(5);
    expect(keys).not.toContainEqual(digestOf(hex.toUpperCase()));
    expect(keys).not.toContainEqual(digestOf(`${hex}\r\n`));
  });

  it('are none of those of another subject', () => {
    const others = anchorKeys(digestOf('another image')).map((key) => key.toString('hex'));
    expect(keys.filter((key) => others.includes(key.toString('hex')))).toEqual([]);
  });
});
