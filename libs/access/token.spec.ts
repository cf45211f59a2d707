import { describe, expect, it } from 'vitest';
import { newToken, readToken, sameHash } from './token.js';

describe('an access token', () => {
  it('is read back as its id and the hash of its secret', () => {
    const { id, text, secretHash } = newToken();
    expect(readToken(text)).toEqual({ id, secretHash });
  });

  it('holds 256 random bits that are kept nowhere', () => {
    const { id, text, secretHash } = newToken();
    const secret = text.slice(`custody_${id}_`.length);
    expect(secret).toMatch(/^[0-9a-f]{64}$/);
    expect(secretHash.toString('hex')).not.toContain(secret);
    expect(secretHash).toHaveLength(32);
  });

  it('is another one every time', () => {
    const tokens = Array.from({ length: 100 }, newToken);
    expect(new Set(tokens.map(({ id }) => id)).size).toBe(100);
    expect(new Set(tokens.map(({ text }) => text)).size).toBe(100);
  });

  it('does not fit when one digit of its secret differs', () => {
    const { text, secretHash } = newToken();
    const last = text.endsWith('0') ? '1' : '0';
    const other = readToken(text.slice(0, -1) + last);
    expect(other && sameHash(other.secretHash, secretHash)).toBe(false);
  });

  const { text } = newToken();
  it.each([
    '',
    'custody_',
    text.toUpperCase(),
    text.slice(0, -1),
    `${text}0`,
    `${text}\n`,
    ` ${text}`,
    text.replace('custody', 'castody'),
    text.replaceAll('_', '-'),
  ])('is not %j', (other) => {
    expect(readToken(other)).toBeUndefined();
  });
});

describe('the comparison of hashes', () => {
  it('is of all bytes, and of equal lengths only', () => {
    expect(sameHash(Buffer.from('ab'), Buffer.from('ab'))).toBe(true);
    expect(sameHash(Buffer.from('ab'), Buffer.from('ac'))).toBe(false);
    expect(sameHash(Buffer.from('ab'), Buffer.from('abc'))).toBe(false);
    expect(sameHash(Buffer.from(''), Buffer.from('a'))).toBe(false);
  });
});
