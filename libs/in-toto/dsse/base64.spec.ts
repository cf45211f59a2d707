import { describe, expect, it } from 'vitest';
import { decodeBase64 } from './base64.js';

describe('decodeBase64', () => {
  it.each([
    ['', ''],
    ['AAAA', '000000'],
    ['+/+/', 'fbffbf'],
    ['-_-_', 'fbffbf'],
    ['+_+_', 'fbffbf'],
    ['AA==', '00'],
    ['AAA=', '0000'],
    ['AB==', '00'],
    ['AAAA=', '000000'],
    ['AAAA====', '000000'],
  ])('reads %j as Python 3.11 does', (text, hex) => {
    expect(Buffer.from(decodeBase64(text)).toString('hex')).toBe(hex);
  });

  it.each([
    '=',
    '==',
    'A',
    'A===',
    'AA',
    'AA=',
    'AA===',
    'AAA',
    'AAA==',
    'AAAA=AAAA',
    '=AAAA',
    'AA==AA==',
    'AA AA',
    'AAAA\n',
    'AA*A',
    'AAA\u0141', // whose lower byte is an A
    'AAA\u00c1',
  ])('refuses %j', (text) => {
    expect(() => decodeBase64(text)).toThrowError(expect.objectContaining({ code: 'METADATA_INVALID' }));
  });
});
