import { z } from 'zod';
import { type KeyChange, type KeyRecord, unregistered } from '#key-lifecycle/key-record.js';
import type { Reader } from '../transaction.js';

/**
 * What the chain knows now of these keys, by fingerprint. Every key that was asked for is in the answer, whether
 * registered or not.
 */
export async function keyRecords(
  reader: Reader,
  chainId: number,
  fingerprints: readonly string[],
): Promise<Map<string, KeyRecord>> {
  const rows = await reader.query<KeyRow[]>(
    `select fingerprint, owner, not_before, not_after, changes from trust_key
      where chain_id = $1 and fingerprint = any($2::bytea[])`,
    [chainId, fingerprints.map((fingerprint) => Buffer.from(fingerprint, 'hex'))],
  );
  const registered = new Map(rows.map((row) => [row.fingerprint.toString('hex'), toKeyRecord(row)]));
  return new Map(
    fingerprints.map((fingerprint) => [
      fingerprint,
      registered.get(fingerprint) ?? unregistered(fingerprint),
    ]),
  );
}

/** The columns of `trust_key` that decide whether a signature counts. */
export interface KeyRow {
  readonly fingerprint: Buffer;
  readonly owner: string;
  readonly not_before: Date | null;
  readonly not_after: Date | null;
  readonly changes: unknown;
}

export function toKeyRecord(row: KeyRow): KeyRecord {
  return {
    fingerprint: row.fingerprint.toString('hex'),
    owner: row.owner,
    notBefore: row.not_before ?? undefined,
    notAfter: row.not_after ?? undefined,
    changes: storedChanges.parse(row.changes),
  };
}

const time = z.iso.datetime({ offset: true }).transform((text) => new Date(text));
const recorded = { seq: z.string(), recordedAt: time };

/** As `trust_key.changes` holds them. What cannot be read is an error: a limit that is overlooked is a hole. */
const storedChanges: z.ZodType<KeyChange[]> = z.array(
  z.discriminatedUnion('kind', [
    z.strictObject({ ...recorded, kind: z.literal('retired'), effective: time }),
    z.strictObject({ ...recorded, kind: z.literal('suspended') }),
    z.strictObject({ ...recorded, kind: z.literal('lifted') }),
    z.strictObject({
      ...recorded,
      kind: z.literal('compromised'),
      since: time.nullable().transform((since) => since ?? undefined),
    }),
    z.strictObject({ ...recorded, kind: z.literal('misissued') }),
    z.strictObject({ ...recorded, kind: z.literal('undone'), undoes: z.string() }),
  ]),
);
