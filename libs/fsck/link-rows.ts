import type { Poster } from '#persistence/postings/poster.js';
import type { Reader } from '#persistence/transaction.js';

/** A row of the index, the memberships of its link, and who posted it. */
export interface LinkRow extends Poster {
  readonly id: Buffer;
  readonly seq: string;
  readonly statement: Buffer;
  readonly step: string;
  readonly container: string;
  readonly keyids: readonly string[];
  readonly size: number;
  readonly proven: boolean;
  readonly loose: boolean;
  readonly receivedAt: Date;
  readonly runs: readonly RunRow[];
  readonly postings: readonly LinkPosting[];
}

export interface RunRow {
  readonly run: string;
  readonly seq: string;
  readonly attempt: number;
  readonly joinedAt: Date;
}

export interface LinkPosting extends Poster {
  /** Or `WITHOUT_RUN`. */
  readonly run: string;
  readonly attempt: number;
  readonly joined: string | null;
  readonly postedAt: Date;
}

/** Few, since each may name tens of thousands of artifacts. */
const ROWS_AT_ONCE = 64;

/** All links that had arrived when the pass began, in order. */
export async function* linkRows(reader: Reader, chainId: number, upTo: string): AsyncIterable<LinkRow[]> {
  let after = '0';
  for (;;) {
    const rows = await reader.query<(Omit<LinkRow, 'runs' | 'postings'> & Json)[]>(
      `select id, seq, statement, step, container, keyids, size, proven, loose, received_at as "receivedAt",
              principal, token,
              (select coalesce(json_agg(json_build_object('run', run, 'seq', member.seq::text, 'attempt', attempt,
                        'joinedAt', ${asText('joined_at')})), '[]')
                 from run_link member where member.chain_id = $1 and member.link = link.seq) as runs,
              (select coalesce(json_agg(json_build_object('run', run, 'principal', posting.principal, 'token', posting.token,
                        'attempt', attempt, 'joined', joined::text, 'postedAt', ${asText('posted_at')})), '[]')
                 from posting where posting.chain_id = $1 and posting.link = link.seq) as postings
         from link where chain_id = $1 and seq > $2 and seq <= $3 order by seq limit ${ROWS_AT_ONCE}`,
      [chainId, after, upTo],
    );
    const last = rows.at(-1);
    if (!last) {
      return;
    }
    yield rows.map((row) => ({
      ...row,
      runs: row.runs.map((run) => ({ ...run, joinedAt: new Date(run.joinedAt) })),
      postings: row.postings.map((posting) => ({ ...posting, postedAt: new Date(posting.postedAt) })),
    }));
    after = last.seq;
  }
}

interface Json {
  readonly runs: (Omit<RunRow, 'joinedAt'> & { readonly joinedAt: string })[];
  readonly postings: (Omit<LinkPosting, 'postedAt'> & { readonly postedAt: string })[];
}

function asText(time: string): string {
  return `to_char(${time} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}

export async function newestSeq(reader: Reader, chainId: number): Promise<{ seq: string; count: number }> {
  const [row] = await reader.query<[{ seq: string | null; count: string }]>(
    'select max(seq) as seq, count(*) as count from link where chain_id = $1',
    [chainId],
  );
  return { seq: row.seq ?? '0', count: Number(row.count) };
}
