import { describe, expect, it } from 'vitest';
import { bytesFromHex, bytesFromStrictHex, hexFromBytes } from './hex.js';

describe('bytesFromHex', () => {
  it.each([
    ['', []],
    ['00ff', [0, 255]],
    ['00FF', [0, 255]],
    [' 00 \t\n ff ', [0, 255]],
    ['0001 02', [0, 1, 2]],
  ])('reads %j as Python does', (text, bytes) => {
    expect(bytesFromHex(text)).toEqual(Uint8Array.from(bytes));
  });

  it.each(['0', '0 0', '1 23', '123 4', '0x00', 'zz', '00\u00a0ff', '٠٠'])('refuses %j', (text) => {
    expect(bytesFromHex(text)).toBeUndefined();
  });

  it('allows no white space where the strict form is asked for', () => {
    expect(bytesFromStrictHex('00 ff')).toBeUndefined();
    expect(bytesFromStrictHex('00ff')).toEqual(Uint8Array.from([0, 255]));
  });

  it('writes lower case', () => {
    expect(hexFromBytes(Uint8Array.from([0, 171]))).toBe('00ab');
  });
});
