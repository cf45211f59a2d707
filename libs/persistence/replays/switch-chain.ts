import { channels } from '../channels.js';
import { markSubjects } from '../subjects/marks.js';
import type { Transaction } from '../transaction.js';
import { recordEvent } from '../trust/record-event.js';
import { newestThatCounts } from '../verdicts/newest-that-counts.js';

/** `switched` also when it was before. `stale`: the chain's trust or layout has moved since the replay was planned. */
export type SwitchResult = 'switched' | 'stale';

/**
 * The verdicts that a replay found in a chain count from here on, all at once. The chain's row is locked, so that its
 * trust cannot move between the check and the switch.
 */
export async function switchChain(tx: Transaction, replayId: string, chainId: number): Promise<SwitchResult> {
  await tx.query('select from chain where id = $1 for update', [chainId]);
  const [part] = await tx.query<PartRow[]>(
    `select part.switched_at is not null as is_switched, part.changed, part.flips, ${IS_STALE} as is_stale,
            replay.applied_by, replay.apply_reason, encode(replay.plan_digest, 'hex') as plan_digest
       from replay_chain part
       join chain on chain.id = part.chain_id
       join replay on replay.id = part.replay_id and replay.state = 'applying'
      where part.replay_id = $1 and part.chain_id = $2 for update of part`,
    [replayId, chainId],
  );
  if (!part || part.is_switched) {
    return 'switched';
  }
  if (part.is_stale) {
    return 'stale';
  }
  await tx.query(
    'update replay_chain set switched_at = clock_timestamp() where replay_id = $1 and chain_id = $2',
    [replayId, chainId],
  );
  await bringKeysUpToDate(tx, replayId, chainId);
  await watchNew(tx, replayId, chainId);
  const body = { replay: replayId, planDigest: part.plan_digest, changed: part.changed, flips: part.flips };
  const { applied_by: actor, apply_reason: reason } = part;
  await recordEvent(tx, chainId, { kind: 'replay-applied', body, actor, reason }, false);
  await tx.query('select pg_notify($1, $2)', [channels.trust, String(chainId)]);
  return 'switched';
}

/** SQL: has the chain another trust or layout than when its `part` of a replay was planned? */
export const IS_STALE =
  '(part.trust_epoch <> chain.trust_epoch or part.active_layout is distinct from chain.active_layout)';

interface PartRow {
  readonly is_switched: boolean;
  readonly is_stale: boolean;
  readonly changed: number;
  readonly flips: number;
  readonly applied_by: string;
  readonly apply_reason: string;
  readonly plan_digest: string;
}

/** The items whose verdict is the current one now; after another, the keys of that one stand. */
const NOW_CURRENT = `
  select item.subject, item.keys, item.watch from replay_item item
   where item.replay_id = $1 and item.chain_id = $2
     and item.staged_seq = ${newestThatCounts('seq', { chain: '$2', subject: 'item.subject' })}`;

async function bringKeysUpToDate(tx: Transaction, replayId: string, chainId: number): Promise<void> {
  await tx.query(
    `with item as (${NOW_CURRENT}),
     gone as (
       delete from verdict_key using item
        where chain_id = $2 and verdict_key.subject = item.subject and fingerprint <> all(item.keys))
     insert into verdict_key (chain_id, fingerprint, subject)
     select distinct $2::integer, fingerprint, item.subject from item, unnest(item.keys) fingerprint
     on conflict do nothing`,
    [replayId, chainId],
  );
}

/**
 * Links may have come with a digest that was not watched until now: subjects with something new to watch are looked at
 * once more.
 */
async function watchNew(tx: Transaction, replayId: string, chainId: number): Promise<void> {
  const rows = await tx.query<{ subject: Buffer }[]>(
    `with item as (${NOW_CURRENT}),
     gone as (
       delete from subject_watch using item
        where chain_id = $2 and subject_watch.subject = item.subject and digest <> all(item.watch)),
     added as (
       insert into subject_watch (chain_id, digest, subject)
       select distinct $2::integer, digest, item.subject from item, unnest(item.watch) digest
       on conflict do nothing returning subject)
     select distinct subject from added`,
    [replayId, chainId],
  );
  await markSubjects(
    tx,
    chainId,
    rows.map(({ subject }) => subject),
  );
}
