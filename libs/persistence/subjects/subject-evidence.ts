import { Kind } from '../links/link-artifact.entity.js';
import type { Reader } from '../transaction.js';

/** Order of arrival, and time by the server's clock; the client's is never asked. */
export interface Arrival {
  readonly seq: bigint;
  readonly receivedAt: Date;
}

/** A link that may be evidence, as the index knows it. */
export interface EvidenceRow {
  readonly id: Buffer;
  /** sha256 of what its signatures cover. */
  readonly statement: Buffer;
  /** Bytes of its file. */
  readonly size: number;
  /** The file's own. */
  readonly arrival: Arrival;
  /**
   * By fingerprint, when the signer first said this, in this or another file; under the empty one, somebody of whom it was
   * not recorded who. Of those only who might sign it when it came, or by a later layout.
   */
  readonly said: ReadonlyMap<string, Arrival>;
}

/**
 * The row of one link. In a young or fast growing store the planner believes that a chain has a handful of links, and
 * would rather read them all than look one up; what stands behind `offset 0` it does not rearrange.
 */
const linkAt = (seq: string): string => `
  cross join lateral (select * from link where chain_id = $1 and seq = ${seq} offset 0) link`;

/** Who said what the link says, and when first: the same in other bytes is no newer evidence. */
const SAID = `
  cross join lateral (
    select array_agg(encode(signer, 'hex')) as signers, array_agg(seq) as places, array_agg(received_at) as times,
           coalesce(max(seq), link.seq) as latest
      from statement_signer same where same.chain_id = $1 and same.statement = link.statement) said`;

const EVIDENCE = `link.id, link.statement, link.size, link.seq, link.received_at, said.signers, said.places, said.times`;

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
/** Relations to runs among which those are found. A subject with more is passed by none of them. */
const RELATIONS_AT_MOST = 1_000;
/** Links of one run that are read, proven ones first. A run with more is too large to be judged. */
export const LINKS_OF_RUN = 512;

export interface RunsOfSubject {
  readonly runs: readonly (readonly RunMember[])[];
  /** There are more runs than are looked at, or one of those that are not has evidence newer than any anchor. */
  readonly limited: boolean;
}

/**
 * The links of the runs that may explain the subject, by run. First come those whose proven anchoring link is the newest,
 * of these the ones that had it first: forged links, and copies of true ones in other runs, push no run out of sight. Nor
 * do copies in other bytes: a link is as new as its statement.
 */
export async function linksOfRuns(
  reader: Reader,
  chainId: number,
  subject: Buffer,
  anchorKeys: readonly Buffer[],
): Promise<RunsOfSubject> {
  const rows = await reader.query<(MemberRow & { readonly limited: boolean })[]>(
    `with related as (
       select run from run_subject where chain_id = $1 and subject = $2 order by related desc limit $3 + 1),
     anchored as (
       select related.run, anchor.seq as anchor, anchor.joined,
              (select max(seq) from ${membersOf('related.run')} member) as newest,
              (select max(said.latest) from ${membersOf('related.run')} member ${linkAt('member.link')} ${SAID}
                where link.proven) as latest
         from related
         left join lateral (
           select said.latest as seq, member.seq as joined
             from ${membersOf('related.run')} member ${linkAt('member.link')} ${SAID}
            where link.proven and exists (
              select from link_artifact product
               where product.chain_id = $1 and product.digest = any($6) and product.kind in ($7, $8)
                 and product.step = link.step and product.link = link.seq offset 0)
            order by said.latest desc, member.seq limit 1) anchor on true),
     copies as (
       select *, row_number() over (partition by anchor order by joined, newest desc) as copy from anchored),
     recent as (
       select run, row_number() over (order by copy > $9, anchor desc nulls last, joined, newest desc) as place
         from copies order by place limit $4),
     unseen as (
       select from copies where anchor is not null and latest > (select max(anchor) from copies)
          and run not in (select run from recent))
     select recent.run, link.joined, link.attempt, ${EVIDENCE},
            (select count(*) > $3 from related) or exists (select from unseen) as limited
       from recent
      cross join lateral (
        select member.seq as joined, member.attempt, link.*
          from ${membersOf('recent.run')} member ${linkAt('member.link')}
         order by link.proven desc, member.seq desc limit $5) link ${SAID}
      order by recent.place, link.joined`,
    [
      chainId,
      subject,
      RELATIONS_AT_MOST,
      RUNS_AT_MOST,
      LINKS_OF_RUN,
      anchorKeys,
      Kind.product,
      Kind.product | Kind.tied,
      RUNS_PER_ANCHOR,
    ],
  );
  const runs = new Map<string, RunMember[]>();
  for (const row of rows) {
    const members = runs.get(row.run) ?? [];
    members.push({ ...toEvidence(row), run: row.run, joined: BigInt(row.joined), attempt: row.attempt });
    runs.set(row.run, members);
  }
  return { runs: [...runs.values()], limited: rows[0]?.limited === true };
}

/** A range of one value that is asked for in order: of two indexes that are led by the chain, only the right one will do. */
function membersOf(run: string): string {
  return `(select * from run_link where chain_id = $1 and run between ${run} and ${run} order by run offset 0)`;
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
  const rows = await reader.query<LinkRow[]>(
    `with proven as (${anchorsOfKind('$3')}),
     others as (select * from (${anchorsOfKind('$4')}) anchor where not exists (select from proven))
     select * from proven union all select * from others order by seq desc`,
    [chainId, keys, Kind.product | Kind.tied, Kind.product, limit],
  );
  return rows.map(toEvidence);
}

function anchorsOfKind(kind: string): string {
  return `
    select distinct ${EVIDENCE}
      from unnest($2::bytea[]) key
     cross join lateral (
       select link from link_artifact
        where chain_id = $1 and digest = key and kind = ${kind} order by step desc, link desc limit $5) product
     ${linkAt('product.link')} ${SAID}
     where link.loose
     order by link.seq desc limit $5`;
}

/**
 * For each digest (hexadecimal), the newest proven links without a run of this step that have it on this side: `seq` of
 * their files, at most `perDigest`. The index answers each digest with a bounded scan, however many links share it.
 */
export async function tiedFiles(
  reader: Reader,
  chainId: number,
  step: string,
  side: 'materials' | 'products',
  digests: readonly Buffer[],
  perDigest: number,
): Promise<Map<string, string[]>> {
  const kind = side === 'products' ? Kind.product | Kind.tied : Kind.tied;
  const rows = await reader.query<{ readonly digest: string; readonly files: string[] }[]>(
    `select encode(digest, 'hex') as digest,
            array(select link from link_artifact
                   where chain_id = $1 and link_artifact.digest = wanted.digest and kind = $3 and step = $4
                   order by link desc limit $5) as files
       from unnest($2::bytea[]) wanted(digest)`,
    [chainId, digests, kind, step, perDigest],
  );
  return new Map(rows.map(({ digest, files }) => [digest, files]));
}

/** The links of these files. */
export async function linksOfFiles(
  reader: Reader,
  chainId: number,
  files: readonly string[],
): Promise<EvidenceRow[]> {
  const rows = await reader.query<LinkRow[]>(
    `select ${EVIDENCE}
       from unnest($2::bigint[]) with ordinality wanted(file, place)
            ${linkAt('wanted.file')} ${SAID}
      order by wanted.place`,
    [chainId, files],
  );
  return rows.map(toEvidence);
}

interface LinkRow {
  readonly id: Buffer;
  readonly statement: Buffer;
  readonly size: number;
  readonly seq: string;
  readonly received_at: Date;
  /** Null where nobody is known to have said it. */
  readonly signers: readonly string[] | null;
  readonly places: readonly string[] | null;
  readonly times: readonly Date[] | null;
}

interface MemberRow extends LinkRow {
  readonly run: string;
  readonly joined: string;
  readonly attempt: number;
}

function toEvidence({ id, statement, size, ...row }: LinkRow): EvidenceRow {
  const { signers, places, times } = row;
  const said = (signers ?? []).flatMap((signer, at): [string, Arrival][] => {
    const [seq, receivedAt] = [places?.[at], times?.[at]];
    return seq !== undefined && receivedAt ? [[signer, { seq: BigInt(seq), receivedAt }]] : [];
  });
  const arrival = { seq: BigInt(row.seq), receivedAt: row.received_at };
  return { id, statement, size, arrival, said: new Map(said) };
}
