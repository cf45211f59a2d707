import type { Reader, Transaction } from '../transaction.js';

export interface Covering {
  readonly subject: Buffer;
  readonly covering: Buffer;
  /** How the covering digest is related to what it covers: an index lists it, or it is the config that it names. */
  readonly kind: 'index' | 'config';
}

/** Indexes within indexes are rare; this deep they are followed. */
const DEPTH = 4;

/**
 * Every digest that covers one of the subjects: its config, and the indexes that list it, directly or through indexes of
 * indexes. What a config is covered by says nothing of the image: a file can be a config and, read otherwise, a manifest
 * that names another image's config.
 */
export async function coveringDigests(
  reader: Reader,
  chainId: number,
  subjects: readonly Buffer[],
): Promise<Covering[]> {
  return reader.query<Covering[]>(COVERING, [chainId, subjects, DEPTH]);
}

const COVERING = `
  with recursive above(subject, covering, kind, depth) as (
    select relation.*, 1 from unnest($2::bytea[]) subject cross join lateral (
      select covered, covering, kind from image_relation
       where chain_id = $1 and covered between subject and subject order by covered offset 0) relation
    union
    select above.subject, relation.covering, relation.kind, above.depth + 1
      from above cross join lateral (
        select * from image_relation
          where chain_id = $1 and covered between above.covering and above.covering order by covered offset 0) relation
     where above.kind = 'index' and relation.kind = 'index' and above.depth < $3)
  select distinct on (subject, covering) subject, covering, kind from above order by subject, covering, depth`;

export interface Relations {
  readonly covering: readonly Covering[];
  /** It is an uploaded index. */
  readonly isIndex: boolean;
  /** As `Subject` has it. */
  readonly anchorsLeftOut: boolean;
}

/** How one digest is related to others. Most are not at all. */
export async function relationsOf(reader: Reader, chainId: number, subject: Buffer): Promise<Relations> {
  const rows = await reader.query<(Covering & Omit<Relations, 'covering'>)[]>(
    `select own.*, above.* from (
       select exists (
                select from image_relation where chain_id = $1 and covering = any($2) and kind = 'index' offset 0) as "isIndex",
              exists (
                select from subject where chain_id = $1 and digest = any($2) and anchors_left_out offset 0) as "anchorsLeftOut") own
       left join (${COVERING}) above on true order by above.covering`,
    [chainId, [subject], DEPTH],
  );
  return {
    covering: rows.filter(({ covering }) => covering !== null),
    isIndex: rows[0]?.isIndex === true,
    anchorsLeftOut: rows[0]?.anchorsLeftOut === true,
  };
}

export interface ManifestsOfIndex {
  /** Empty when the digest is not that of an uploaded index. */
  readonly manifests: readonly Buffer[];
  /** There are more, or they lie deeper, than is followed. */
  readonly limited: boolean;
}

/** The image manifests that an uploaded index lists, itself or through indexes that it lists; each once. */
export async function manifestsOfIndex(
  reader: Reader,
  chainId: number,
  index: Buffer,
  limit: number,
): Promise<ManifestsOfIndex> {
  const rows = await reader.query<{ digest: Buffer; inner: boolean }[]>(
    `with recursive below(digest, depth) as (
       select $2::bytea, 0
       union
       select relation.covered, below.depth + 1
         from below cross join lateral (
           select covered from image_relation
            where chain_id = $1 and covering = below.digest and kind = 'index' offset 0) relation
        where below.depth < $3)
     select digest, inner_index.found as inner from below
      cross join lateral (select exists (
        select from image_relation where chain_id = $1 and covering = digest and kind = 'index' offset 0) as found) inner_index
      where depth > 0 and (not inner_index.found or depth = $3)
      group by digest, inner_index.found order by digest limit $4`,
    [chainId, index, DEPTH, limit + 1],
  );
  const manifests = rows.filter(({ inner }) => !inner).map(({ digest }) => digest);
  const limited = rows.length > limit || rows.some(({ inner }) => inner);
  return { manifests: manifests.slice(0, limit), limited };
}

/** The known subjects among these digests and all that they cover or are covered by. */
export async function knownRelatives(
  reader: Reader,
  chainId: number,
  digests: readonly Buffer[],
): Promise<Buffer[]> {
  const rows = await reader.query<{ digest: Buffer }[]>(
    `with recursive below(digest, depth) as (
       select unnest($2::bytea[]), 0
       union
       select relation.covered, below.depth + 1
         from below cross join lateral (
           select covered from image_relation
            where chain_id = $1 and covering between below.digest and below.digest order by covering offset 0) relation
        where below.depth < $3)
     select subject.digest from (
       select digest from below
       union
       select relation.covering from unnest($2::bytea[]) own cross join lateral (
         select covering from image_relation
          where chain_id = $1 and kind = 'index' and covered between own and own order by covered offset 0) relation) relative
      cross join lateral (
        select digest from subject where chain_id = $1 and subject.digest = relative.digest offset 0) subject`,
    [chainId, digests, DEPTH],
  );
  return rows.map(({ digest }) => digest);
}

export async function insertRelations(
  tx: Transaction,
  chainId: number,
  relations: readonly { covered: Buffer; covering: Buffer; kind: 'index' | 'config' }[],
): Promise<void> {
  await tx.query(
    `insert into image_relation (chain_id, covered, covering, kind)
     select $1, covered, covering, kind from unnest($2::bytea[], $3::bytea[], $4::text[]) as new(covered, covering, kind)
     on conflict do nothing`,
    [
      chainId,
      relations.map(({ covered }) => covered),
      relations.map(({ covering }) => covering),
      relations.map(({ kind }) => kind),
    ],
  );
}
