import { describe, expect, it } from 'vitest';
import { readExpires } from './expires.js';

describe('readExpires', () => {
  it.each(['2030-01-02T03:04:05Z', '0001-01-01T00:00:00Z', '9999-12-31T23:59:59Z', '2028-02-29T00:00:00Z'])(
    'reads %s',
    (text) => {
      expect(readExpires(text)).toEqual(new Date(text));
    },
  );

  it.each([
    '0000-01-01T00:00:00Z',
    '2027-02-29T00:00:00Z',
    '2030-13-01T00:00:00Z',
    '2030-01-01T24:00:00Z',
    '2030-01-01T00:00:60Z',
    '2030-01-01T00:00:00+00:00',
    '2030-01-01T00:00:00.0Z',
    '2030-01-01t00:00:00z',
    '2030-01-01T00:00:00Z\n',
    7,
    ['2030-01-01T00:00:00Z'],
  ])('refuses %j, which is no date for the reference', (value) => {
    expect(() => readExpires(value)).toThrowError(expect.objectContaining({ code: 'METADATA_INVALID' }));
  });

  it.each([undefined, null, '', 0, false, [], {}])('takes %j for absent, as Python does', (value) => {
    expect(readExpires(value)).toBe('absent');
  });

  it('cannot read digits of other scripts', () => {
    expect(readExpires('२०३०-01-01T00:00:00Z')).toBe('unreadable');
  });
});
