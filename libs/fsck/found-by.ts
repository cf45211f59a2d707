import type { QueryRunner } from 'typeorm';
import type { Reader } from '#persistence/transaction.js';
import type { LinkRow } from './link-rows.js';
import { type Derived, expectedRows } from './mend-links.js';

/** What a link is found by, told by sums that are equal only when the rows are. */
export interface Sums {
  readonly artifacts: string;
  readonly keys: string;
}

const ARTIFACT_SUM = `count(*) || ':' || coalesce(sum(hashtextextended(encode(digest, 'hex') || kind || step, 0)), 0)`;
const KEY_SUM = `count(*) || ':' || coalesce(sum(hashtextextended(keyid, 0)), 0)`;

/**
 * The keys of these tables lead with what is looked for, so that nobody can ask for the rows of one link. They are added up
 * by link once, in a table of this connection alone.
 */
export async function sumUp(connection: QueryRunner, chainId: number): Promise<void> {
  await connection.query('drop table if exists fsck_artifact, fsck_key');
  await connection.query(
    `create temp table fsck_artifact as
     select link, ${ARTIFACT_SUM} as sum from link_artifact where chain_id = $1 group by link`,
    [chainId],
  );
  await connection.query(
    `create temp table fsck_key as select link, ${KEY_SUM} as sum from link_key where chain_id = $1 group by link`,
    [chainId],
  );
  await connection.query('create index on fsck_artifact (link)');
  await connection.query('create index on fsck_key (link)');
}

/** The sums of the rows that are there. Links without such rows have none. */
export async function sumsOf(
  connection: QueryRunner,
  seqs: readonly string[],
): Promise<ReadonlyMap<string, Sums>> {
  const rows: (Sums & { link: string })[] = await connection.query(
    `select seq as link, coalesce(a.sum, '0:0') as artifacts, coalesce(k.sum, '0:0') as keys
       from unnest($1::bigint[]) seq
       left join fsck_artifact a on a.link = seq
       left join fsck_key k on k.link = seq`,
    [seqs],
  );
  return new Map(rows.map((row) => [row.link, row]));
}

/** What a link is found by, as its bytes have it. */
export interface ExpectedRows {
  readonly seq: string;
  readonly step: string;
  readonly keyids: readonly string[];
  readonly artifacts: readonly { readonly digest: Buffer; readonly kind: number }[];
}

/** Artifacts of which the sums are asked for at a time: a link may have tens of thousands. */
const ARTIFACTS_AT_ONCE = 20_000;

/** The sums of the rows that should be there. */
export async function expectedSums(
  connection: QueryRunner,
  links: readonly ExpectedRows[],
): Promise<ReadonlyMap<string, Sums>> {
  const sums = new Map<string, Sums>();
  let page: ExpectedRows[] = [];
  let weight = 0;
  for (const [at, link] of links.entries()) {
    page.push(link);
    weight += link.artifacts.length;
    if (weight >= ARTIFACTS_AT_ONCE || at === links.length - 1) {
      for (const row of await sumsOfPage(connection, page)) {
        sums.set(row.link, row);
      }
      page = [];
      weight = 0;
    }
  }
  return sums;
}

async function sumsOfPage(
  connection: QueryRunner,
  links: readonly ExpectedRows[],
): Promise<(Sums & { link: string })[]> {
  const artifacts = links.flatMap((link) => link.artifacts.map((artifact) => ({ ...artifact, link })));
  const keys = links.flatMap((link) => link.keyids.map((keyid) => ({ keyid, link })));
  return connection.query(
    `with a as (
       select link, ${ARTIFACT_SUM} as sum
         from unnest($2::bigint[], $3::bytea[], $4::smallint[], $5::text[]) as own(link, digest, kind, step) group by link),
     k as (
       select link, ${KEY_SUM} as sum from unnest($6::bigint[], $7::text[]) as own(link, keyid) group by link)
     select seq as link, coalesce(a.sum, '0:0') as artifacts, coalesce(k.sum, '0:0') as keys
       from unnest($1::bigint[]) seq left join a on a.link = seq left join k on k.link = seq`,
    [
      links.map(({ seq }) => seq),
      artifacts.map(({ link }) => link.seq),
      artifacts.map(({ digest }) => digest),
      artifacts.map(({ kind }) => kind),
      artifacts.map(({ link }) => link.step),
      keys.map(({ link }) => link.seq),
      keys.map(({ keyid }) => keyid),
    ],
  );
}

/**
 * Beside a running service, a link may have been proven or made loose since its rows were added up. Then as many rows are
 * there, and each is what it should be by now.
 */
export async function wasTiedMeanwhile(
  reader: Reader,
  chainId: number,
  row: LinkRow,
  derived: Derived,
  sums: Sums | undefined,
): Promise<boolean> {
  const [now] = await reader.query<{ proven: boolean; loose: boolean }[]>(
    'select proven, loose from link where chain_id = $1 and id = $2',
    [chainId, row.id],
  );
  if (!now) {
    return false;
  }
  const { artifacts, step, seq } = expectedRows({ ...row, loose: now.loose }, { ...derived, ...now });
  const [{ found }] = await reader.query<[{ found: string }]>(
    `select count(*) as found from unnest($2::bytea[], $3::smallint[]) own(digest, kind)
       join link_artifact there on there.chain_id = $1 and there.digest = own.digest and there.kind = own.kind
        and there.step = $4 and there.link = $5`,
    [chainId, artifacts.map(({ digest }) => digest), artifacts.map(({ kind }) => kind), step, seq],
  );
  const all = String(artifacts.length);
  return found === all && sums?.artifacts.split(':')[0] === all;
}
