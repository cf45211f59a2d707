/**
 * Which verdict of a subject is current: the newest of those that count. The one place that says so. SQL of a subquery
 * for a subject of the chain `$1`; with `until`, an expression for a time, what was current then.
 */
export function newestThatCounts(columns: string, until?: string, subject = '$2'): string {
  return `(select ${columns} from verdict
            where verdict.chain_id = $1 and verdict.subject = ${subject} and ${counts(until)} order by verdict.seq desc limit 1)`;
}

/** What a replay found counts only once it is applied. */
function counts(until: string | undefined): string {
  const stored = 'verdict.replay_id is null';
  return until === undefined
    ? stored
    : `${stored} and coalesce(verdict.stored_at, verdict.evaluated_at) <= ${until}`;
}
