import { Side } from '../links/link-artifact.entity.js';
import type { Reader, Transaction } from '../transaction.js';
import { anchorKeys } from './anchor-keys.js';

export interface RunOfSubject {
  readonly run: string;
  readonly subject: Buffer;
}

export async function unknownSubjects(
  reader: Reader,
  chainId: number,
  subjects: readonly Buffer[],
): Promise<Buffer[]> {
  const rows = await reader.query<{ digest: Buffer }[]>(
    `select distinct digest from unnest($2::bytea[]) digest
      where not exists (select from subject where chain_id = $1 and subject.digest = digest.digest)`,
    [chainId, subjects],
  );
  return rows.map((row) => row.digest);
}

/** Does any link of the chain have a product that anchors the subject? */
export async function isAnchored(reader: Reader, chainId: number, subject: Buffer): Promise<boolean> {
  const [{ anchored }] = await reader.query<[{ anchored: boolean }]>(
    `select exists (select from link_artifact where chain_id = $1 and digest = any($2) and side = $3) as anchored`,
    [chainId, anchorKeys(subject), Side.product],
  );
  return anchored;
}

/**
 * From now on the verdicts of these subjects are kept up to date. Relates them to the runs that anchor them already and
 * returns these relations. The caller holds the chain for subjects, so that no link can slip in between.
 */
export async function makeKnown(
  tx: Transaction,
  chainId: number,
  subjects: readonly Buffer[],
): Promise<RunOfSubject[]> {
  const keys = subjects.flatMap((subject) => anchorKeys(subject).map((key) => ({ key, subject })));
  await tx.query(
    'insert into subject (chain_id, digest) select $1, unnest($2::bytea[]) on conflict do nothing',
    [chainId, subjects],
  );
  await tx.query(
    `insert into subject_key (chain_id, product_digest, subject)
     select $1, key, subject from unnest($2::bytea[], $3::bytea[]) as new(key, subject) on conflict do nothing`,
    [chainId, keys.map(({ key }) => key), keys.map(({ subject }) => subject)],
  );
  return tx.query<RunOfSubject[]>(
    `insert into run_subject (chain_id, run, subject)
     select distinct $1::integer, member.run, anchor.subject
       from unnest($2::bytea[], $3::bytea[]) as anchor(key, subject)
       join link_artifact product on product.chain_id = $1 and product.digest = anchor.key and product.side = $4
       join run_link member on member.chain_id = $1 and member.link_id = product.link_id
     on conflict do nothing
     returning run, subject`,
    [chainId, keys.map(({ key }) => key), keys.map(({ subject }) => subject), Side.product],
  );
}
