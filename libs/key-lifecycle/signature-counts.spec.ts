import { describe, expect, it } from 'vitest';
import type { KeyChangeKind, KeyRecord } from './key-record.js';
import { type LifecyclePolicy, signatureCounts } from './signature-counts.js';

const MINUTE = 60_000;
const noon = Date.parse('2026-05-01T12:00:00Z');
const at = (minutes: number): Date => new Date(noon + minutes * MINUTE);

const policy = (grandfather: LifecyclePolicy['grandfather'] = 'never'): LifecyclePolicy => ({
  skewMs: 5 * MINUTE,
  grandfather,
});

function key(changes: readonly KeyChangeKind[], about: Partial<KeyRecord> = {}): KeyRecord {
  return {
    fingerprint: 'f0',
    owner: 'alice',
    notBefore: undefined,
    notAfter: undefined,
    changes: changes.map((change, index) => ({ ...change, seq: String(index + 1), recordedAt: at(0) })),
    ...about,
  };
}

const counts = { counts: true, grandfathered: false };
const grandfathered = { counts: true, grandfathered: true };
const refused = (code: string) => ({ counts: false, code });

const retired = (effective: Date): KeyChangeKind => ({ kind: 'retired', effective });
const compromised = (since?: Date): KeyChangeKind => ({ kind: 'compromised', since });
const undone = (undoes: string): KeyChangeKind => ({ kind: 'undone', undoes });
const suspended: KeyChangeKind = { kind: 'suspended' };
const lifted: KeyChangeKind = { kind: 'lifted' };
const misissued: KeyChangeKind = { kind: 'misissued' };

/** The rows of the table in docs/trust.md: what was recorded, when the signature came in, whether it counts. */
describe('a signature counts', () => {
  it.each<[string, KeyRecord, number, LifecyclePolicy, object]>([
    ['of a key without limits', key([]), 0, policy(), counts],

    ['5 minutes before the key is valid', key([], { notBefore: at(0) }), -5, policy(), counts],
    [
      'more than 5 minutes before it',
      key([], { notBefore: at(0.001) }),
      -5,
      policy(),
      refused('KEY_NOT_VALID_AT_TIME'),
    ],
    ['5 minutes after its end', key([], { notAfter: at(0) }), 5, policy(), counts],
    [
      'more than 5 minutes after it',
      key([], { notAfter: at(-0.001) }),
      5,
      policy(),
      refused('KEY_NOT_VALID_AT_TIME'),
    ],

    ['just before the key retired', key([retired(at(0))]), -0.001, policy(), counts],
    ['as it retired', key([retired(at(0))]), 0, policy(), refused('KEY_RETIRED')],
    ['of a key that is to retire', key([retired(at(60))]), 0, policy(), counts],
    [
      'after the earlier of two ends',
      key([retired(at(60)), retired(at(0))]),
      0,
      policy(),
      refused('KEY_RETIRED'),
    ],
    [
      'after the earlier, told first',
      key([retired(at(0)), retired(at(60))]),
      0,
      policy(),
      refused('KEY_RETIRED'),
    ],

    ['before a known compromise', key([compromised(at(0))]), -1, policy(), refused('KEY_COMPROMISED')],
    ['before it, by receipt', key([compromised(at(0))]), -0.001, policy('byReceipt'), grandfathered],
    ['since it, by receipt', key([compromised(at(0))]), 0, policy('byReceipt'), refused('KEY_COMPROMISED')],
    [
      'of a compromise since nobody knows when',
      key([compromised()]),
      -1e6,
      policy('byReceipt'),
      refused('KEY_COMPROMISED'),
    ],
    [
      'between two dates of a compromise',
      key([compromised(at(60)), compromised(at(0))]),
      30,
      policy('byReceipt'),
      refused('KEY_COMPROMISED'),
    ],

    ['of a mis-issued key', key([misissued]), -1e6, policy('byReceipt'), refused('KEY_MISISSUED')],

    ['of a suspended key', key([suspended]), -1e6, policy('byReceipt'), refused('KEY_SUSPENDED')],
    ['after the suspension was lifted', key([suspended, lifted]), 0, policy(), counts],
    ['after every one was lifted', key([suspended, suspended, lifted]), 0, policy(), counts],
    ['suspended again', key([suspended, lifted, suspended]), 0, policy(), refused('KEY_SUSPENDED')],
    ['lifted before it was suspended', key([lifted, suspended]), 0, policy(), refused('KEY_SUSPENDED')],
    ['lifted, but retired', key([suspended, retired(at(0)), lifted]), 0, policy(), refused('KEY_RETIRED')],

    ['after the change was undone', key([misissued, undone('1')]), 0, policy(), counts],
    [
      'after another was undone',
      key([misissued, retired(at(0)), undone('2')]),
      0,
      policy(),
      refused('KEY_MISISSUED'),
    ],
    [
      'after a change was undone and recorded again',
      key([misissued, undone('1'), misissued]),
      0,
      policy(),
      refused('KEY_MISISSUED'),
    ],
    ['after an undoing was undone', key([misissued, undone('1'), undone('2')]), 0, policy(), counts],
    ['undone before it was recorded', key([undone('2'), misissued]), 0, policy(), refused('KEY_MISISSUED')],
    ['after a lifting was undone', key([suspended, lifted, undone('2')]), 0, policy(), counts],

    [
      'with everything against it, by the gravest',
      key([suspended, retired(at(0)), compromised(), misissued], { notAfter: at(-60) }),
      0,
      policy(),
      refused('KEY_MISISSUED'),
    ],
    ['received at no time', key([retired(at(0))]), Number.NaN, policy(), refused('KEY_RETIRED')],
    ['retired at no time', key([retired(at(Number.NaN))]), 0, policy(), refused('KEY_RETIRED')],
    [
      'compromised since no time',
      key([compromised(at(Number.NaN))]),
      0,
      policy('byReceipt'),
      refused('KEY_COMPROMISED'),
    ],
    [
      'valid until no time',
      key([], { notAfter: at(Number.NaN) }),
      0,
      policy(),
      refused('KEY_NOT_VALID_AT_TIME'),
    ],
  ])('%s', (_, record, minutes, by, standing) => {
    expect(signatureCounts(record, at(minutes), by)).toEqual(standing);
  });
});
