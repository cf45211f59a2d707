import type { Reader } from '../transaction.js';

/** Runs of one subject that a verification looks at, the newest. */
const RUNS_AT_MOST = 20;

export interface RunMember {
  readonly run: string;
  readonly linkId: Buffer;
  readonly seq: bigint;
}

/** The links of the newest runs that may explain the subject, by run, the run with the newest link first. */
export async function linksOfSubject(
  reader: Reader,
  chainId: number,
  subject: Buffer,
): Promise<RunMember[][]> {
  const rows = await reader.query<{ run: string; link_id: Buffer; seq: string }[]>(
    `select member.run, member.link_id, member.seq
       from (select run, (select max(seq) from run_link where chain_id = $1 and run_link.run = run_subject.run) as newest
               from run_subject where chain_id = $1 and subject = $2
              order by newest desc nulls last limit $3) recent
       join run_link member on member.chain_id = $1 and member.run = recent.run
      order by recent.newest desc, member.seq`,
    [chainId, subject, RUNS_AT_MOST],
  );
  const runs = new Map<string, RunMember[]>();
  for (const row of rows) {
    const members = runs.get(row.run) ?? [];
    members.push({ run: row.run, linkId: row.link_id, seq: BigInt(row.seq) });
    runs.set(row.run, members);
  }
  return [...runs.values()];
}
