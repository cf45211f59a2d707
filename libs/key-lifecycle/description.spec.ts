import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changedBy, type Description, widenedBy } from './description.js';
import { type KeyRecord, unregistered } from './key-record.js';
import { signatureCounts } from './signature-counts.js';

const day = (n: number): Date => new Date(Date.UTC(2026, 0, n));
const key: KeyRecord = { ...unregistered('f0'), owner: 'alice', notBefore: day(10), notAfter: day(20) };

describe('a description of a key', () => {
  it.each<[string, Description, string[]]>([
    ['of what is known changes nothing', { owner: 'alice', notBefore: day(10), notAfter: day(20) }, []],
    ['of nothing changes nothing', {}, []],
    ['within the validity widens nothing', { notBefore: day(11), notAfter: day(19) }, []],
    [
      'beyond the validity widens both ends',
      { notBefore: day(9), notAfter: day(21) },
      ['notBefore', 'notAfter'],
    ],
    ['without dates widens both ends', { notBefore: null, notAfter: null }, ['notBefore', 'notAfter']],
    ['with another owner makes two of one', { owner: 'bob' }, ['owner']],
  ])('%s', (_, description, widened) => {
    expect(widenedBy(key, description)).toEqual(widened);
  });

  it('widens nothing the first time', () => {
    const first = { owner: 'alice', notBefore: day(1), notAfter: day(2) };
    expect(changedBy(unregistered('f0'), first)).toEqual(['owner', 'notBefore', 'notAfter']);
    expect(widenedBy(unregistered('f0'), first)).toEqual([]);
  });

  it('that widens nothing never makes a refused signature count', () => {
    const time = fc.integer({ min: 1, max: 9 }).map(day);
    const date = fc.option(time, { nil: undefined });
    const said = fc.option(fc.option(time), { nil: undefined });
    fc.assert(
      fc.property(date, date, said, said, time, (notBefore, notAfter, from, to, received) => {
        const before = { ...unregistered('f0'), notBefore, notAfter };
        const description = { notBefore: from, notAfter: to };
        fc.pre(widenedBy(before, description).length === 0);
        const after = {
          ...before,
          notBefore: from === undefined ? notBefore : (from ?? undefined),
          notAfter: to === undefined ? notAfter : (to ?? undefined),
        };
        const [then, now] = [before, after].map(
          (record) => signatureCounts(record, received, { skewMs: 0, grandfather: 'never' }).counts,
        );
        expect(then || !now).toBe(true);
      }),
    );
  });
});
