import { describe, expect, it } from 'vitest';
import { derInteger, derSequence, isOneDerValue } from './der.js';
import { hexFromBytes } from './hex.js';

describe('DER', () => {
  it.each([
    [[0], '020100'],
    [[0, 0, 1], '020101'],
    [[0x7f], '02017f'],
    [[0x80], '02020080'],
    [[0, 0x80], '02020080'],
  ])('writes the shortest integer of %j', (bytes, hex) => {
    expect(hexFromBytes(derInteger(Uint8Array.from(bytes)))).toBe(hex);
  });

  it('writes long lengths in as few bytes as they need', () => {
    expect(hexFromBytes(derInteger(new Uint8Array(127).fill(1))).slice(0, 4)).toBe('027f');
    expect(hexFromBytes(derInteger(new Uint8Array(128).fill(1))).slice(0, 6)).toBe('028180');
    expect(hexFromBytes(derInteger(new Uint8Array(256).fill(1))).slice(0, 8)).toBe('02820100');
  });

  it('tells one value from a value with something after it', () => {
    for (const size of [1, 127, 128, 300]) {
      const value = derSequence(new Uint8Array(size));
      expect(isOneDerValue(value)).toBe(true);
      expect(isOneDerValue(Uint8Array.of(...value, 0))).toBe(false);
      expect(isOneDerValue(value.subarray(0, -1))).toBe(false);
    }
    expect(isOneDerValue(new Uint8Array())).toBe(false);
  });
});
