/** Where the current verdict is looked for, as SQL expressions. */
interface Search {
  readonly chain?: string;
  readonly subject?: string;
  /** A time: what was current then. */
  readonly until?: string;
}

/**
 * Which verdict of a subject is current: the newest of those that count. The one place that says so. SQL of a subquery,
 * for the subject `$2` of the chain `$1` unless it is told otherwise.
 */
export function newestThatCounts(
  columns: string,
  { chain = '$1', subject = '$2', until }: Search = {},
): string {
  return `(select ${columns} from verdict
            where verdict.chain_id = ${chain} and verdict.subject = ${subject} and ${counts(until)}
            order by verdict.seq desc limit 1)`;
}

/** What a replay found counts from when its chain was switched. */
function counts(until: string | undefined): string {
  const upTo = (time: string): string => (until === undefined ? '' : `and ${time} <= ${until}`);
  return `(verdict.replay_id is null ${upTo('coalesce(verdict.stored_at, verdict.evaluated_at)')}
           or verdict.replay_id is not null and exists (
             select from replay_chain switched
              where switched.replay_id = verdict.replay_id and switched.chain_id = verdict.chain_id
                and switched.switched_at is not null ${upTo('switched.switched_at')}))`;
}
