import type { Reader } from '../transaction.js';

export interface Usage {
  readonly links: number;
  readonly bytes: number;
}

export interface Charged {
  /** False: it would be more than allowed, and nothing was added. */
  readonly fits: boolean;
  /** Today, before this; it may be more by now. */
  readonly used: Usage;
  /** Until the day is over. */
  readonly secondsLeft: number;
}

/**
 * Adds to what a token has posted today, unless it becomes more than allowed. Days are those of the database, in UTC: all
 * processes share them. One statement, so that two processes never both take what is left.
 */
export async function chargeUsage(
  source: Reader,
  tokenId: string,
  add: Usage,
  allowed: Usage,
): Promise<Charged> {
  const [row] = await source.query<[Row]>(
    `with today as (select (now() at time zone 'UTC')::date as day),
          charged as (
            insert into token_usage as usage (token_id, day, links, bytes)
            select $1, today.day, $2::bigint, $3::bigint from today
             where $2::bigint <= $4::bigint and $3::bigint <= $5::bigint
            on conflict (token_id) do update
              set day = excluded.day,
                  links = excluded.links + case when usage.day = excluded.day then usage.links else 0 end,
                  bytes = excluded.bytes + case when usage.day = excluded.day then usage.bytes else 0 end
              where usage.day <> excluded.day
                 or (usage.links + excluded.links <= $4::bigint and usage.bytes + excluded.bytes <= $5::bigint)
            returning true as fits)
     select coalesce(charged.fits, false) as fits,
            coalesce(usage.links, 0) as links,
            coalesce(usage.bytes, 0) as bytes,
            ceil(extract(epoch from (today.day + 1)::timestamp at time zone 'UTC' - now()))::integer as seconds_left
       from today
       left join token_usage usage on usage.token_id = $1 and usage.day = today.day
       left join charged on true`,
    [tokenId, add.links, add.bytes, allowed.links, allowed.bytes],
  );
  const used = { links: Number(row.links), bytes: Number(row.bytes) };
  return { fits: row.fits, used, secondsLeft: row.seconds_left };
}

interface Row {
  readonly fits: boolean;
  readonly links: string;
  readonly bytes: string;
  readonly seconds_left: number;
}
