/**
 * SQL that says whether a row of `verdict` counts now: it was found at once, or by a replay that its chain was switched
 * to. What is current is the row with the highest seq among those that count.
 */
export const counts = (verdict = 'verdict'): string =>
  `(${verdict}.replay_id is null or exists (
     select from replay_chain applied
      where applied.replay_id = ${verdict}.replay_id and applied.chain_id = ${verdict}.chain_id
        and applied.switched_at is not null))`;
