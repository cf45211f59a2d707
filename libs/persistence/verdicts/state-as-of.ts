import { ownersDigest, SETTINGS_DIGEST, settingsDigest } from '../chains/chain-rules.js';
import { chainSettings } from '../chains/chain-settings.js';
import { endOfMillisecond } from '../end-of-millisecond.js';
import type { Reader } from '../transaction.js';
import { keyRecordsAsOf } from '../trust/key-records-as-of.js';
import { type StateRow, type SubjectState, toVerdict, VERDICT_COLUMNS } from './current-verdict.js';
import { newestThatCounts } from './newest-that-counts.js';

const THEN = endOfMillisecond('$3');

/**
 * What counted at a time in the past: the verdict that was current, the layout, owners and settings that were in force, and
 * what had been recorded of the keys. Undefined when the subject was not known yet. Reads the events, not what is true now.
 */
export async function subjectStateAsOf(
  reader: Reader,
  chainId: number,
  subject: Buffer,
  asOf: Date,
): Promise<SubjectState | undefined> {
  const [row] = await reader.query<(StateRow & { readonly limits_keys: boolean })[]>(
    `select (${LAYOUT_THEN}) as active_layout, coalesce(said.settings, chain.settings) as settings,
            coalesce(${settingsDigest('said.settings')}, ${SETTINGS_DIGEST}) as settings_digest,
            ${OWNERS_THEN} as owners_digest, verdict.*, (${LIMITED_THEN}) as limits_keys
       from subject
       join chain on chain.id = subject.chain_id
       left join lateral (${SETTINGS_THEN}) said on true
       left join lateral (${ROOT_THEN}) root on true
       left join lateral ${newestThatCounts(VERDICT_COLUMNS, { until: THEN })} verdict on true
      where subject.chain_id = $1 and subject.digest = $2 and subject.known_since <= ${THEN}`,
    [chainId, subject, asOf],
  );
  if (!row) {
    return undefined;
  }
  const verdict = toVerdict(row);
  const fingerprints = verdict?.reliesOn?.map(({ fingerprint }) => fingerprint) ?? [];
  return {
    verdict,
    // What was answered then, nobody wrote down; what was found, the history has.
    hasUnseen: false,
    activeLayout: row.active_layout,
    rules: { settings: row.settings_digest, owners: row.owners_digest },
    settings: chainSettings.parse(row.settings),
    keys: await keyRecordsAsOf(reader, chainId, fingerprints, asOf),
    limitsKeys: verdict?.reliesOn === null && row.limits_keys,
  };
}

/** A layout was in force from when it came in until the next one did. */
const LAYOUT_THEN = `
  select id from layout
   where layout.chain_id = $1 and layout.received_at <= ${THEN} order by version desc, received_at desc limit 1`;

/** None where the chain is older than events: its settings were not kept, and those of now stand for them. */
const SETTINGS_THEN = `
  select body->'settings' as settings from trust_event
   where trust_event.chain_id = $1 and kind in ('chain-created', 'settings-changed') and recorded_at <= ${THEN}
   order by seq desc limit 1`;

const ROOT_THEN = `
  select threshold, owned.keys, owned.names
    from trust_root, lateral (select jsonb_agg(owner->'key' order by place) as keys, jsonb_agg(owner->'owner' order by place) as names
                                from jsonb_array_elements(owners) with ordinality listed(owner, place)) owned
   where trust_root.chain_id = $1 and accepted_at <= ${THEN} order by version desc limit 1`;

const OWNERS_THEN = ownersDigest(
  'coalesce(root.threshold, chain.owner_threshold)',
  'coalesce(root.keys, chain.owner_keys)',
  'coalesce(root.names, to_jsonb(chain.owner_names))',
);

const LIMITED_THEN = `exists (
  select from trust_event
   where trust_event.chain_id = $1 and recorded_at <= ${THEN}
     and kind in ('key-retired', 'key-suspended', 'key-compromised', 'key-misissued', 'key-described', 'root-accepted'))`;
