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

/** Runs of one subject that a verification looks at, the newest. */
const RUNS_AT_MOST = 20;
/** The newest relations to runs, among which those are found. */
const RELATIONS_AT_MOST = 64;
/** Links of one run that are read, proven ones first. A run with more is too large to be judged. */
export const LINKS_OF_RUN = 512;

/** The links of the newest runs that may explain the subject, by run, the run with the newest link first. */
export async function linksOfRuns(reader: Reader, chainId: number, subject: Buffer): Promise<RunMember[][]> {
  const rows = await reader.query<MemberRow[]>(
    `select recent.run, member.joined, member.attempt, member.id, member.statement, arrival.seq, arrival.received_at
       from (select run, (select max(seq) from run_link where chain_id = $1 and run_link.run = related.run) as newest
               from (select run from run_subject where chain_id = $1 and subject = $2
                      order by related desc limit $3) related
              order by newest desc nulls last limit $4) recent
      cross join lateral (
        select run_link.seq as joined, run_link.attempt, link.*
          from run_link join link on link.chain_id = $1 and link.seq = run_link.link
         where run_link.chain_id = $1 and run_link.run = recent.run
         order by link.proven desc, run_link.seq desc limit $5) member
      cross join lateral (
        select seq, received_at from link same
         where same.chain_id = $1 and same.statement = member.statement order by seq limit 1) arrival
      order by recent.newest desc, member.joined`,
    [chainId, subject, RELATIONS_AT_MOST, RUNS_AT_MOST, LINKS_OF_RUN],
  );
  const runs = new Map<string, RunMember[]>();
  for (const row of rows) {
    const members = runs.get(row.run) ?? [];
    members.push({ ...toEvidence(row), run: row.run, joined: BigInt(row.joined), attempt: row.attempt });
    runs.set(row.run, members);
  }
  return [...runs.values()];
}

/**
 * Links without a run that have one of these digests among their products. Those that were not proven when they arrived
 * are asked for only where there is no other: anybody who may post can forge any number of them.
 */
export async function looseAnchors(
  reader: Reader,
  chainId: number,
  keys: readonly Buffer[],
  limit: number,
): Promise<EvidenceRow[]> {
  const proven = await anchorsOfKind(reader, chainId, keys, Kind.product | Kind.tied, limit);
  return proven.length > 0 ? proven : anchorsOfKind(reader, chainId, keys, Kind.product, limit);
}

async function anchorsOfKind(
  reader: Reader,
  chainId: number,
  keys: readonly Buffer[],
  kind: number,
  limit: number,
): Promise<EvidenceRow[]> {
  const rows = await reader.query<LinkRow[]>(
    `select distinct link.id, link.statement, link.seq as file, arrival.seq, arrival.received_at
       from unnest($2::bytea[]) key
      cross join lateral (
        select link from link_artifact
         where chain_id = $1 and digest = key and kind = $3 order by step desc, link desc limit $4) product
       join link on link.chain_id = $1 and link.seq = product.link and link.loose ${FIRST_ARRIVAL}
      order by link.seq desc limit $4`,
    [chainId, keys, kind, limit],
  );
  return rows.map(toEvidence);
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
