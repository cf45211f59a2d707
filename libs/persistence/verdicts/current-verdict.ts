import type { KeyRecord } from '#key-lifecycle/key-record.js';
import { OWNERS_DIGEST, SETTINGS_DIGEST } from '../chains/chain-rules.js';
import { type ChainSettings, chainSettings } from '../chains/chain-settings.js';
import type { Reader } from '../transaction.js';
import { KEY_RECORDS_AS_JSON, keyRecordsFromJson } from '../trust/key-records-json.js';
import type { Explanation } from './explanation.js';
import { newestThatCounts } from './newest-that-counts.js';
import type { MetSignature, VerdictBasis } from './verdict-basis.js';
import type { Outcome, VerdictBody } from './verdict-body.js';

export interface CurrentVerdict {
  readonly seq: string;
  readonly outcome: Outcome;
  readonly layoutId: Buffer | null;
  readonly body: VerdictBody;
  readonly evaluatedAt: Date;
  readonly validUntil: Date | null;
  /** Null, as `reliesOn`: found by a build that did not say. */
  readonly basis: VerdictBasis | null;
  readonly reliesOn: readonly MetSignature[] | null;
}

/** A verdict, and the trust that it must still stand by. */
export interface SubjectState {
  /** Undefined: not verified yet. */
  readonly verdict: CurrentVerdict | undefined;
  /** There is evidence that nobody has looked at since the verdict. */
  readonly hasUnseen: boolean;
  /** The layout that is in force now, which may not be the verdict's. */
  readonly activeLayout: Buffer | null;
  /** Digests as `VerdictBasis` has them. */
  readonly rules: { readonly settings: string; readonly owners: string };
  readonly settings: ChainSettings;
  /** What the chain knows of the keys that a pass relies on, if it knows them. */
  readonly keys: ReadonlyMap<string, KeyRecord>;
  /** Some key of the chain is limited, or its first owners were replaced: what a pass relies on must then be known. */
  readonly limitsKeys: boolean;
}

/** The current verdict of a known subject; undefined when the subject is not known in this chain. */
export async function subjectState(
  reader: Reader,
  chainId: number,
  subject: Buffer,
): Promise<SubjectState | undefined> {
  const [row] = await reader.query<(StateRow & { readonly has_unseen: boolean })[]>(
    `select chain.active_layout, chain.settings, ${SETTINGS_DIGEST} as settings_digest, ${OWNERS_DIGEST} as owners_digest,
            verdict.*, ${HAS_UNSEEN} as has_unseen,
            case when verdict.outcome = 'pass' then (${KEYS_RELIED_ON}) end as keys,
            verdict.outcome = 'pass' and verdict.relies_on is null and (${LIMITS_KEYS}) as limits_keys
       from subject
       join chain on chain.id = subject.chain_id
       left join lateral ${newestThatCounts(VERDICT_COLUMNS)} verdict on true
      where subject.chain_id = $1 and subject.digest = $2`,
    [chainId, subject],
  );
  return (
    row && {
      verdict: toVerdict(row),
      hasUnseen: row.has_unseen,
      activeLayout: row.active_layout,
      rules: { settings: row.settings_digest, owners: row.owners_digest },
      settings: chainSettings.parse(row.settings),
      keys: keyRecordsFromJson(row.keys),
      limitsKeys: row.limits_keys === true,
    }
  );
}

export const VERDICT_COLUMNS = 'seq, outcome, layout_id, body, evaluated_at, valid_until, basis, relies_on';

/** While very many subjects of the chain are still to be marked, it may be any of them. */
const HAS_UNSEEN = `(
  exists (select from verification_mark where chain_id = $1 and verification_mark.subject = $2 and decides offset 0)
  or exists (select from wide_touch where chain_id = $1 and decides offset 0))`;

const KEYS_RELIED_ON = `
  select ${KEY_RECORDS_AS_JSON} from trust_key
   where trust_key.chain_id = $1 and trust_key.fingerprint in (
     select decode(met->>'fingerprint', 'hex') from json_array_elements(verdict.relies_on) met)`;

const LIMITS_KEYS = `exists (
  select from trust_key
   where trust_key.chain_id = $1 and (changes <> '[]' or not_before is not null or not_after is not null))
  or exists (select from trust_root where trust_root.chain_id = $1 and trust_root.version > 1)`;

export interface StateRow {
  readonly active_layout: Buffer | null;
  readonly settings: unknown;
  readonly settings_digest: string;
  readonly owners_digest: string;
  readonly seq: string | null;
  readonly outcome: Outcome | null;
  readonly layout_id: Buffer | null;
  readonly body: VerdictBody | null;
  readonly evaluated_at: Date | null;
  readonly valid_until: Date | null;
  readonly basis: VerdictBasis | null;
  readonly relies_on: MetSignature[] | null;
  readonly keys: unknown;
  readonly limits_keys: boolean | null;
}

export function toVerdict(row: StateRow): CurrentVerdict | undefined {
  const { seq, outcome, body, evaluated_at: evaluatedAt } = row;
  return seq !== null && outcome !== null && body !== null && evaluatedAt !== null
    ? {
        seq,
        outcome,
        body,
        evaluatedAt,
        layoutId: row.layout_id,
        validUntil: row.valid_until,
        basis: row.basis,
        reliesOn: row.relies_on,
      }
    : undefined;
}

/** How the current verdict came about; undefined when there is none yet. */
export async function currentExplanation(
  reader: Reader,
  chainId: number,
  subject: Buffer,
): Promise<{ outcome: Outcome; explanation: Explanation; evaluatedAt: Date } | undefined> {
  const [row] = await reader.query<{ outcome: Outcome; explanation: Explanation; evaluated_at: Date }[]>(
    newestThatCounts('outcome, explanation, evaluated_at'),
    [chainId, subject],
  );
  return row && { outcome: row.outcome, explanation: row.explanation, evaluatedAt: row.evaluated_at };
}
