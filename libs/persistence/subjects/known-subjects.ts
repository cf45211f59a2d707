import { Kind } from '../links/link-artifact.entity.js';
import type { Reader, Transaction } from '../transaction.js';
import { anchorKeys } from './anchor-keys.js';
import { coveringDigests } from './image-relations.js';

/**
 * Links that anchor a subject and were there before anybody knew it, of each side and spelling. A file that every build
 * makes is a product of millions. Those beyond may be what contradicts a pass, so then there is none.
 */
const RELATED_AT_MOST = 1_000;
/** Of those beyond, so many are asked whether they have a run: as many as take half a second. */
const LOOKED_AT_MOST = 150_000;

export async function unknownSubjects(
  reader: Reader,
  chainId: number,
  subjects: readonly Buffer[],
): Promise<Buffer[]> {
  const rows = await reader.query<{ digest: Buffer }[]>(
    `select distinct digest from unnest($2::bytea[]) digest
      where not exists (select from subject where chain_id = $1 and subject.digest = digest.digest offset 0)`,
    [chainId, subjects],
  );
  return rows.map((row) => row.digest);
}

/** Does any link of the chain have a product that anchors the subject, or an image that covers it? */
export async function isAnchored(reader: Reader, chainId: number, subject: Buffer): Promise<boolean> {
  const covering = await coveringDigests(reader, chainId, [subject]);
  const keys = [subject, ...covering.map(({ covering }) => covering)].flatMap(anchorKeys);
  const [{ anchored }] = await reader.query<[{ anchored: boolean }]>(
    `select exists (select from link_artifact where chain_id = $1 and digest = any($2) and kind in ($3, $4)) as anchored`,
    [chainId, keys, Kind.product, Kind.product | Kind.tied],
  );
  return anchored;
}

/**
 * From now on the verdicts of these subjects are kept up to date. Relates them to the runs that anchor them already.
 * The caller holds the chain for subjects, so that no link can slip in between. Returns those that nobody made known
 * meanwhile, to be marked.
 */
export async function makeKnown(
  tx: Transaction,
  chainId: number,
  subjects: readonly Buffer[],
): Promise<readonly Buffer[]> {
  const rows = await tx.query<{ digest: Buffer }[]>(
    'insert into subject (chain_id, digest) select $1, unnest($2::bytea[]) on conflict do nothing returning digest',
    [chainId, subjects],
  );
  const fresh = rows.map(({ digest }) => digest);
  if (fresh.length > 0) {
    await relateSubjects(tx, chainId, fresh);
  }
  return fresh;
}

/** Brings the anchoring hashes of known subjects, and their relations to runs, up to what the chain now holds. Returns those that lacked any. */
export async function relateSubjects(
  tx: Transaction,
  chainId: number,
  subjects: readonly Buffer[],
): Promise<Buffer[]> {
  const covering = await coveringDigests(tx, chainId, subjects);
  const anchors = [...subjects.map((subject) => ({ subject, digest: subject })), ...covering.map(asAnchor)];
  const keys = anchors.flatMap(({ subject, digest }) => anchorKeys(digest).map((key) => ({ key, subject })));
  const anchored = await tx.query<{ subject: Buffer }[]>(
    `insert into subject_key (chain_id, product_digest, subject)
     select $1, key, subject from unnest($2::bytea[], $3::bytea[]) as new(key, subject) on conflict do nothing
     returning subject`,
    [chainId, keys.map(({ key }) => key), keys.map(({ subject }) => subject)],
  );
  const related = await tx.query<{ subject: Buffer }[]>(
    `insert into run_subject (chain_id, run, subject)
     select distinct $1::integer, member.run, anchor.subject
       from unnest($2::bytea[], $3::bytea[]) as anchor(key, subject)
      cross join unnest(array[$4, $5]::smallint[]) as kind
      cross join lateral (
        select link from link_artifact
         where chain_id = $1 and digest = anchor.key and link_artifact.kind = kind.kind
         order by step desc, link desc limit $6) product
      cross join lateral (select run from run_link where chain_id = $1 and run_link.link = product.link offset 0) member
     on conflict do nothing
     returning subject`,
    [
      chainId,
      keys.map(({ key }) => key),
      keys.map(({ subject }) => subject),
      Kind.product,
      Kind.product | Kind.tied,
      RELATED_AT_MOST,
    ],
  );
  await recordLeftOut(tx, chainId, keys);
  const lacking = [...anchored, ...related].map(({ subject }) => [subject.toString('hex'), subject] as const);
  return [...new Map(lacking).values()];
}

const ANCHORING = `link_artifact
  where chain_id = $1 and digest = anchor.key and link_artifact.kind = kind.kind order by step desc, link desc`;

/** Links that have no run are none that were left out, however many there are. Once some were, that stands. */
async function recordLeftOut(
  tx: Transaction,
  chainId: number,
  keys: readonly { readonly key: Buffer; readonly subject: Buffer }[],
): Promise<void> {
  await tx.query(
    `update subject set anchors_left_out = true
      where chain_id = $1 and not anchors_left_out and digest = any(array(
        select anchor.subject from unnest($2::bytea[], $3::bytea[]) as anchor(key, subject)
         cross join unnest(array[$4, $5]::smallint[]) as kind
         where exists (
           select from (select link from ${ANCHORING} offset $6 limit $7) more
            where exists (select from run_link where chain_id = $1 and run_link.link = more.link offset 0))
            or exists (select from ${ANCHORING} offset $6 + $7)))`,
    [
      chainId,
      keys.map(({ key }) => key),
      keys.map(({ subject }) => subject),
      Kind.product,
      Kind.product | Kind.tied,
      RELATED_AT_MOST,
      LOOKED_AT_MOST,
    ],
  );
}

function asAnchor({ subject, covering }: { subject: Buffer; covering: Buffer }) {
  return { subject, digest: covering };
}
