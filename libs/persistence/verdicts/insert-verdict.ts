import { channels } from '../channels.js';
import type { Reader, Transaction } from '../transaction.js';
import type { Explanation } from './explanation.js';
import { newestThatCounts } from './newest-that-counts.js';
import type { MetSignature, VerdictBasis } from './verdict-basis.js';
import type { Outcome, VerdictBody } from './verdict-body.js';
import type { Cause, Grounds } from './verdict-cause.js';

export interface SubjectOfChain {
  readonly chainId: number;
  /** 32 bytes. */
  readonly subject: Buffer;
}

/** What comes out of a verification. */
export interface FoundVerdict {
  readonly outcome: Outcome;
  readonly inputsDigest: Buffer;
  readonly layoutId: Buffer | null;
  readonly body: VerdictBody;
  readonly explanation: Explanation;
  readonly evaluatedAt: Date;
  readonly validUntil: Date | null;
  readonly basis: VerdictBasis;
  /** Every signature that may decide, whether it counted or not. */
  readonly reliesOn: readonly MetSignature[];
}

/**
 * Adds a row to the subject's history, keeps which keys its current verdict was found with, so that a replay finds the
 * subjects of a key, and says that there is a new one.
 */
export async function insertVerdict(
  tx: Transaction,
  { chainId, subject }: SubjectOfChain,
  verdict: FoundVerdict,
  cause: readonly Cause[],
): Promise<void> {
  await tx.query(
    `with stored as (
       insert into verdict (chain_id, subject, outcome, inputs_digest, layout_id, body, explanation, evaluated_at,
                            valid_until, basis, relies_on, cause)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)),
     gone as (
       delete from verdict_key where chain_id = $1 and subject = $2 and fingerprint <> all($13::bytea[])),
     kept as (
       insert into verdict_key (chain_id, fingerprint, subject)
       select $1, fingerprint, $2 from unnest($13::bytea[]) fingerprint on conflict do nothing)
     select pg_notify($14, $15)`,
    [
      chainId,
      subject,
      verdict.outcome,
      verdict.inputsDigest,
      verdict.layoutId,
      toJson(verdict.body),
      toJson(verdict.explanation),
      verdict.evaluatedAt,
      verdict.validUntil,
      JSON.stringify(verdict.basis),
      JSON.stringify(verdict.reliesOn),
      cause,
      keysOf(verdict),
      channels.verdict,
      `${chainId} ${subject.toString('hex')}`,
    ],
  );
}

/** In one order, so that two transactions never wait for each other. */
function keysOf({ reliesOn }: FoundVerdict): Buffer[] {
  const fingerprints = new Set(reliesOn.map(({ fingerprint }) => fingerprint));
  return [...fingerprints].sort().map((fingerprint) => Buffer.from(fingerprint, 'hex'));
}

export interface CurrentGrounds extends Grounds {
  readonly inputsDigest: Buffer;
  readonly outcome: Outcome;
  readonly validUntil: Date | null;
}

/** What the current verdict was found by; undefined when there is none. */
export async function currentGrounds(
  reader: Reader,
  { chainId, subject }: SubjectOfChain,
): Promise<CurrentGrounds | undefined> {
  const [row] = await reader.query<GroundsRow[]>(
    newestThatCounts('outcome, inputs_digest, valid_until, layout_id, basis, relies_on'),
    [chainId, subject],
  );
  return (
    row && {
      outcome: row.outcome,
      inputsDigest: row.inputs_digest,
      validUntil: row.valid_until,
      layoutId: row.layout_id,
      basis: row.basis,
      reliesOn: row.relies_on,
    }
  );
}

interface GroundsRow {
  readonly outcome: Outcome;
  readonly inputs_digest: Buffer;
  readonly valid_until: Date | null;
  readonly layout_id: Buffer | null;
  readonly basis: VerdictBasis | null;
  readonly relies_on: MetSignature[] | null;
}

/**
 * Findings quote paths and names of evidence, which may hold what PostgreSQL does not: NUL, and halves of surrogate
 * pairs. A verdict must not fail for it.
 */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'string' ? member.replace(/[\0\p{Cs}]/gu, '\ufffd') : member,
  );
}
