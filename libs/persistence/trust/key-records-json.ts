import { z } from 'zod';
import type { KeyRecord } from '#key-lifecycle/key-record.js';
import { toKeyRecord } from './key-records.js';

/** Rows of `trust_key` as one value, for a query that reads them beside something else. */
export const KEY_RECORDS_AS_JSON = `
  jsonb_agg(jsonb_build_object(
    'fingerprint', encode(trust_key.fingerprint, 'hex'), 'owner', trust_key.owner, 'notBefore', trust_key.not_before,
    'notAfter', trust_key.not_after, 'changes', trust_key.changes))`;

const time = z.iso
  .datetime({ offset: true })
  .transform((text) => new Date(text))
  .nullable();

const rows = z.array(
  z.object({
    fingerprint: z.string(),
    owner: z.string(),
    notBefore: time,
    notAfter: time,
    changes: z.unknown(),
  }),
);

/** By fingerprint. Keys that are not registered have no row. */
export function keyRecordsFromJson(value: unknown): ReadonlyMap<string, KeyRecord> {
  return new Map(
    rows.parse(value ?? []).map((row) => [
      row.fingerprint,
      toKeyRecord({
        fingerprint: Buffer.from(row.fingerprint, 'hex'),
        owner: row.owner,
        not_before: row.notBefore,
        not_after: row.notAfter,
        changes: row.changes,
      }),
    ]),
  );
}
