import { channels } from '../channels.js';
import type { Reader, Transaction } from '../transaction.js';
import { lockReplay } from './move-replay.js';

/** Replays of which everything is verified. */
export async function completePlans(reader: Reader): Promise<string[]> {
  const rows = await reader.query<{ id: string }[]>(
    `select id from replay where state = 'planned' and not exists (
       select from replay_chain where replay_id = replay.id and (planned_at is null or done < total)) order by id`,
  );
  return rows.map(({ id }) => id);
}

/**
 * Everything is verified: from now on the plan has a digest, over what the chains trusted and every change that it would
 * make. A replay that is no dry run goes on by itself, if one operator may decide it.
 */
export async function closePlan(tx: Transaction, replayId: string): Promise<void> {
  if ((await lockReplay(tx, replayId)) !== 'planned') {
    return;
  }
  await tx.query(
    `with sums as (
       select sum(total) as total, sum(flips) as flips,
              string_agg(concat_ws(' ', chain_id, trust_epoch, encode(active_layout, 'hex'), total),
                         E'\\n' order by chain_id) as parts
         from replay_chain where replay_id = $1),
     changes as (
       select string_agg(concat_ws(' ', chain_id, encode(subject, 'hex'), verdict_seq, outcome_before, outcome_after,
                                   encode(inputs_digest, 'hex')),
                         E'\\n' order by chain_id, subject) as changes
         from replay_item where replay_id = $1 and result = 'changed'),
     decided as (
       select sha256(convert_to(concat_ws(E'\\n\\n', replay.id::text, parts, changes), 'UTF8')) as digest,
              not dry_run and hypothetical_layout is null and flips * 100 <= flips_alone * total as goes_on
         from replay, sums, changes where replay.id = $1)
     update replay
        set plan_digest = digest, moving_since = null, ended_at = clock_timestamp(),
            state = case when goes_on then 'applying' else 'ready' end,
            applied_by = case when goes_on then actor end,
            apply_reason = case when goes_on then reason end
       from decided where replay.id = $1`,
    [replayId],
  );
  await tx.query('select pg_notify($1, $2)', [channels.replay, replayId]);
}
