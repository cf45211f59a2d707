import { Kind } from '../links/link-artifact.entity.js';
import type { Reader } from '../transaction.js';

/** A link that may be evidence, as the index knows it. */
export interface EvidenceRow {
  readonly id: Buffer;
  /** sha256 of what its signatures cover. */
  readonly statement: Buffer;
  /** When its statement first arrived, as this or another file. */
  readonly seq: bigint;
  readonly receivedAt: Date;
}

/** The same signed content in other bytes is no newer evidence. */
const FIRST_ARRIVAL = `
  cross join lateral (
    select seq, received_at from link same
     where same.chain_id = link.chain_id and same.statement = link.statement order by seq limit 1) arrival`;

export interface RunMember extends EvidenceRow {
  readonly run: string;
  /** Order in which links joined runs. */
  readonly joined: bigint;
  readonly attempt: number;
}

/** Runs of one subject that a verification looks at. */
const RUNS_AT_MOST = 20;
/** Of the runs that share one anchoring link, those that come before others. */
const RUNS_PER_ANCHOR = 3;

/**
 * The links of the runs that may explain the subject, by run. First come those whose proven anchoring link is the newest,
 * of these the ones that had it first: forged links, and copies of true ones in other runs, push no run out of sight.
 */
export async function linksOfRuns(
  reader: Reader,
  chainId: number,
  subject: Buffer,
  anchorKeys: readonly Buffer[],
): Promise<RunMember[][]> {
  const rows = await reader.query<MemberRow[]>(
    `with anchored as (
       select run_subject.run, anchor.seq as anchor, anchor.joined,
              (select max(seq) from run_link where chain_id = $1 and run_link.run = run_subject.run) as newest
         from run_subject
         left join lateral (
           select link.seq, member.seq as joined from run_link member
             join link on link.chain_id = $1 and link.seq = member.link and link.proven
            where member.chain_id = $1 and member.run = run_subject.run and exists (
              select from link_artifact product
               where product.chain_id = $1 and product.digest = any($7) and product.kind in ($5, $6)
                 and product.step = link.step and product.link = link.seq)
            order by link.seq desc limit 1) anchor on true
        where run_subject.chain_id = $1 and run_subject.subject = $2)
     select member.run, member.seq as joined, member.attempt, link.id, link.statement, arrival.seq, arrival.received_at
       from (select run, row_number() over (order by copy > $4, anchor desc nulls last, joined, newest desc) as place
               from (select anchored.*, row_number() over (partition by anchor order by joined, newest desc) as copy from anchored) ranked
              order by place limit $3) recent
       join run_link member on member.chain_id = $1 and member.run = recent.run
       join link on link.chain_id = $1 and link.seq = member.link ${FIRST_ARRIVAL}
      order by recent.place, member.seq`,
    [chainId, subject, RUNS_AT_MOST, RUNS_PER_ANCHOR, Kind.product, Kind.product | Kind.tied, anchorKeys],
  );
  const runs = new Map<string, RunMember[]>();
  for (const row of rows) {
    const members = runs.get(row.run) ?? [];
    members.push({ ...toEvidence(row), run: row.run, joined: BigInt(row.joined), attempt: row.attempt });
    runs.set(row.run, members);
  }
  return [...runs.values()];
}

export interface LooseAnchors {
  readonly rows: readonly EvidenceRow[];
  /** There are more that were proven when they arrived. */
  readonly limited: boolean;
}

/** Links without a run that have one of these digests among their products: proven ones first, of these the newest. */
export async function looseAnchors(
  reader: Reader,
  chainId: number,
  keys: readonly Buffer[],
  limit: number,
): Promise<LooseAnchors> {
  const rows = await reader.query<(LinkRow & { readonly proven: boolean })[]>(
    `select distinct link.id, link.statement, link.seq as file, link.proven, arrival.seq, arrival.received_at
       from unnest($2::bytea[]) key
      cross join lateral (
        select link from link_artifact
         where chain_id = $1 and digest = key and kind in ($3, $4) order by kind desc, link desc limit $5) product
       join link on link.chain_id = $1 and link.seq = product.link and link.loose ${FIRST_ARRIVAL}
      order by link.proven desc, link.seq desc limit $5`,
    [chainId, keys, Kind.product, Kind.product | Kind.tied, limit + 1],
  );
  return { rows: rows.slice(0, limit).map(toEvidence), limited: rows[limit]?.proven === true };
}

export interface TiedLinks {
  /** Links of the step by digest, at most `perDigest` each, the newest. */
  readonly byDigest: ReadonlyMap<string, readonly EvidenceRow[]>;
}

/**
 * For each digest, the newest proven links without a run of this step that have it on this side. The index answers each
 * digest with a bounded scan, however many links share it.
 */
export async function tiedLinks(
  reader: Reader,
  chainId: number,
  step: string,
  side: 'materials' | 'products',
  digests: readonly Buffer[],
  perDigest: number,
): Promise<TiedLinks> {
  const kind = side === 'products' ? Kind.product | Kind.tied : Kind.tied;
  const rows = await reader.query<(LinkRow & { readonly digest: Buffer })[]>(
    `select found.digest, link.id, link.statement, arrival.seq, arrival.received_at
       from (select wanted.digest, artifact.link
               from unnest($2::bytea[]) wanted(digest)
              cross join lateral (
                select link from link_artifact
                 where chain_id = $1 and digest = wanted.digest and kind = $3 and step = $4
                 order by link desc limit $5) artifact) found
       join link on link.chain_id = $1 and link.seq = found.link ${FIRST_ARRIVAL}`,
    [chainId, digests, kind, step, perDigest],
  );
  const byDigest = new Map<string, EvidenceRow[]>();
  for (const row of rows) {
    const hex = row.digest.toString('hex');
    byDigest.set(hex, [...(byDigest.get(hex) ?? []), toEvidence(row)]);
  }
  return { byDigest };
}

interface LinkRow {
  readonly id: Buffer;
  readonly statement: Buffer;
  readonly seq: string;
  readonly received_at: Date;
}

interface MemberRow extends LinkRow {
  readonly run: string;
  readonly joined: string;
  readonly attempt: number;
}

function toEvidence(row: LinkRow): EvidenceRow {
  return { id: row.id, statement: row.statement, seq: BigInt(row.seq), receivedAt: row.received_at };
}
