import type { Reader, Transaction } from '../transaction.js';

export interface Covering {
  readonly subject: Buffer;
  readonly covering: Buffer;
  /** How the covering digest is related to what it covers: an index lists it, or it is the config that it names. */
  readonly kind: 'index' | 'config';
}

/** Indexes within indexes are rare; this deep they are followed. */
const DEPTH = 4;

/** Every digest that covers one of the subjects, directly or through indexes of indexes. */
export async function coveringDigests(
  reader: Reader,
  chainId: number,
  subjects: readonly Buffer[],
): Promise<Covering[]> {
  return reader.query<Covering[]>(
    `with recursive above(subject, covering, kind, depth) as (
       select covered, covering, kind, 1 from image_relation where chain_id = $1 and covered = any($2)
       union
       select above.subject, relation.covering, relation.kind, above.depth + 1
         from above join image_relation relation on relation.chain_id = $1 and relation.covered = above.covering
        where above.depth < $3)
     select distinct on (subject, covering) subject, covering, kind from above order by subject, covering, depth`,
    [chainId, subjects, DEPTH],
  );
}

/** The image manifests that an uploaded index lists. Empty when the digest is not that of such an index. */
export async function manifestsOfIndex(reader: Reader, chainId: number, index: Buffer): Promise<Buffer[]> {
  const rows = await reader.query<{ covered: Buffer }[]>(
    `select covered from image_relation where chain_id = $1 and covering = $2 and kind = 'index' order by covered`,
    [chainId, index],
  );
  return rows.map(({ covered }) => covered);
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
         from below join image_relation relation on relation.chain_id = $1 and relation.covering = below.digest
        where below.depth < $3)
     select distinct subject.digest from below join subject on subject.chain_id = $1 and subject.digest = below.digest
     union
     select subject.digest from image_relation relation
       join subject on subject.chain_id = $1 and subject.digest = relation.covering
      where relation.chain_id = $1 and relation.kind = 'index' and relation.covered = any($2)`,
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
