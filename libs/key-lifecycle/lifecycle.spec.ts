import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KeyChange, KeyChangeKind, KeyRecord } from './key-record.js';
import { limitsInForce } from './limits-in-force.js';
import { endedBy, isWithoutEffect } from './next-change.js';
import { receiptsThatCount } from './receipts-that-count.js';
import { type LifecyclePolicy, signatureCounts } from './signature-counts.js';

/** Few times, so that many fall together. */
const time = fc.integer({ min: 0, max: 20 }).map((n) => new Date(n));
const limit: fc.Arbitrary<KeyChangeKind> = fc.oneof(
  fc.record({ kind: fc.constant('retired' as const), effective: time }),
  fc.record({ kind: fc.constant('compromised' as const), since: fc.option(time, { nil: undefined }) }),
  fc.constantFrom({ kind: 'suspended' } as const, { kind: 'misissued' } as const),
);
const change: fc.Arbitrary<KeyChangeKind> = fc.oneof(
  { weight: 3, arbitrary: limit },
  { weight: 1, arbitrary: fc.constant({ kind: 'lifted' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('undone' as const),
      undoes: fc.integer({ min: 0, max: 8 }).map(String),
    }),
  },
);
const record: fc.Arbitrary<KeyRecord> = fc.record({
  fingerprint: fc.constant('f0'),
  owner: fc.constant('alice'),
  notBefore: fc.option(time, { nil: undefined }),
  notAfter: fc.option(time, { nil: undefined }),
  changes: fc.array(change, { maxLength: 8 }).map((changes) => changes.map(recorded)),
});
const policy: fc.Arbitrary<LifecyclePolicy> = fc.record({
  skewMs: fc.integer({ min: 0, max: 3 }),
  grandfather: fc.constantFrom('never', 'byReceipt'),
});

function recorded(kind: KeyChangeKind, index: number): KeyChange {
  return { ...kind, seq: String(index), recordedAt: new Date(index) };
}
const after = (key: KeyRecord, ...more: KeyChangeKind[]): KeyRecord => ({
  ...key,
  changes: [...key.changes, ...more.map((kind, i) => recorded(kind, key.changes.length + i))],
});
const holds = (property: fc.IRawProperty<unknown>) =>
  fc.assert(property as fc.IProperty<unknown>, { numRuns: 2_000 });

describe('whatever happened to a key', () => {
  it('a further limit never makes a refused signature count', () => {
    holds(
      fc.property(record, limit, time, policy, (key, more, received, by) => {
        const [before, then] = [key, after(key, more)].map(
          (each) => signatureCounts(each, received, by).counts,
        );
        expect(before || !then).toBe(true);
      }),
    );
  });

  it('a narrower validity never does either', () => {
    holds(
      fc.property(record, time, time, time, policy, (key, notBefore, notAfter, received, by) => {
        const narrower = {
          ...key,
          notBefore: key.notBefore && key.notBefore > notBefore ? key.notBefore : notBefore,
          notAfter: key.notAfter && key.notAfter < notAfter ? key.notAfter : notAfter,
        };
        const [before, then] = [key, narrower].map((each) => signatureCounts(each, received, by).counts);
        expect(before || !then).toBe(true);
      }),
    );
  });

  it('believing no receipt never makes count what believing them refuses', () => {
    holds(
      fc.property(record, time, (key, received) => {
        const [never, byReceipt] = (['never', 'byReceipt'] as const).map(
          (grandfather) => signatureCounts(key, received, { skewMs: 0, grandfather }).counts,
        );
        expect(byReceipt || !never).toBe(true);
      }),
    );
  });

  it('a limit that is undone leaves everything as it was', () => {
    holds(
      fc.property(record, limit, time, policy, (key, more, received, by) => {
        const undone = after(key, more, { kind: 'undone', undoes: String(key.changes.length) });
        expect(signatureCounts(undone, received, by)).toEqual(signatureCounts(key, received, by));
      }),
    );
  });

  it('lifting ends the suspensions and nothing else', () => {
    holds(
      fc.property(record, time, policy, (key, received, by) => {
        const lifted = after(key, { kind: 'suspended' }, { kind: 'lifted' });
        const without = {
          ...key,
          changes: limitsInForce(key.changes).filter(({ kind }) => kind !== 'suspended'),
        };
        expect(signatureCounts(lifted, received, by)).toEqual(signatureCounts(without, received, by));
      }),
    );
  });

  it('the order in which its limits were recorded does not matter', () => {
    const shuffled = fc
      .array(limit, { maxLength: 6 })
      .chain((limits) =>
        fc.tuple(fc.constant(limits), fc.shuffledSubarray(limits, { minLength: limits.length })),
      );
    holds(
      fc.property(record, shuffled, time, policy, (key, [one, other], received, by) => {
        const [first, second] = [one, other].map((limits) =>
          signatureCounts(after(key, ...limits), received, by),
        );
        expect(first).toEqual(second);
      }),
    );
  });

  it('a signature that came in later counts only if the earlier one does, once the key is valid', () => {
    holds(
      fc.property(record, time, time, policy, (key, one, other, by) => {
        const [earlier, later] = one <= other ? [one, other] : [other, one];
        const valid = { ...key, notBefore: undefined };
        expect(signatureCounts(valid, earlier, by).counts || !signatureCounts(valid, later, by).counts).toBe(
          true,
        );
      }),
    );
  });

  it('the receipts that count are one unbroken time', () => {
    holds(
      fc.property(record, time, policy, (key, received, by) => {
        const receipts = receiptsThatCount(key, by);
        const within =
          receipts !== undefined &&
          receipts.from <= received.getTime() &&
          received.getTime() < receipts.before;
        expect(within).toBe(signatureCounts(key, received, by).counts);
      }),
    );
  });

  it('a change without effect changes nothing, whatever the chain believes', () => {
    holds(
      fc.property(record, change, time, policy, (key, more, received, by) => {
        fc.pre(isWithoutEffect(key, more));
        expect(signatureCounts(after(key, more), received, by)).toEqual(signatureCounts(key, received, by));
      }),
    );
  });

  it('a change that ends no limit gives no trust back', () => {
    holds(
      fc.property(record, change, time, policy, (key, more, received, by) => {
        fc.pre(endedBy(key, more).length === 0);
        const [before, then] = [key, after(key, more)].map(
          (each) => signatureCounts(each, received, by).counts,
        );
        expect(before || !then).toBe(true);
      }),
    );
  });

  it('a change that ends limits ends those that it names', () => {
    holds(
      fc.property(record, change, (key, more) => {
        const ended = endedBy(key, more);
        const left = limitsInForce(after(key, more).changes);
        expect(left.filter(({ seq }) => ended.some((one) => one.seq === seq))).toEqual([]);
      }),
    );
  });
});
