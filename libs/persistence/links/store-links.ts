import { holdChainForLinks, holdChainForSubject } from '../subjects/chain-lock.js';
import { makeKnown, type RunOfSubject, unknownSubjects } from '../subjects/known-subjects.js';
import { markSubjects } from '../subjects/marks.js';
import { relateRuns } from '../subjects/relate-runs.js';
import type { Transaction } from '../transaction.js';
import { Side } from './link-artifact.entity.js';

/** A link whose blob is stored, as it enters the index. */
export interface NewLink {
  /** sha256 of the stored bytes. */
  readonly id: Buffer;
  readonly step: string;
  readonly container: 'metablock' | 'dsse';
  readonly keyids: readonly string[];
  readonly size: number;
  /** Distinct sha256 digests, 32 bytes each, one after the other. */
  readonly materials: Buffer;
  readonly products: Buffer;
  readonly run: string | undefined;
  /** A subject that CI says this run explains. A claim to be proven by the verification. */
  readonly declared: Buffer | undefined;
}

export interface StoredLink {
  readonly created: boolean;
  readonly receivedAt: Date;
}

/**
 * Indexes links of one chain in one transaction, with the marks of every subject whose verdict they may change. All
 * statements take whole batches, so that the cost of a commit is shared.
 */
export async function storeLinks(
  tx: Transaction,
  chainId: number,
  links: readonly NewLink[],
): Promise<StoredLink[]> {
  const declared = links.flatMap((link) => link.declared ?? []);
  const unknown = declared.length > 0 ? await unknownSubjects(tx, chainId, declared) : [];
  await (unknown.length > 0 ? holdChainForSubject(tx, chainId) : holdChainForLinks(tx, chainId));

  const stored = await insertLinks(tx, chainId, links);
  const fresh = links.filter((_, index) => stored[index]?.created);
  if (fresh.length > 0) {
    await insertArtifacts(tx, chainId, fresh);
    await insertKeys(tx, chainId, fresh);
  }
  const inRuns = links.filter((link): link is NewLink & { run: string } => link.run !== undefined);
  if (inRuns.length > 0) {
    const joined = await joinRuns(tx, chainId, inRuns);
    const known = unknown.length > 0 ? await makeKnown(tx, chainId, unknown) : [];
    const related = await relateRuns(tx, chainId, inRuns);
    await markSubjectsOf(tx, chainId, joined, [...known, ...related]);
  }
  return stored;
}

async function insertLinks(
  tx: Transaction,
  chainId: number,
  links: readonly NewLink[],
): Promise<StoredLink[]> {
  const ids = links.map((link) => link.id);
  const inserted = await tx.query<LinkTimes[]>(
    `insert into link (chain_id, id, step, container, keyids, size)
     select $1, id, step, container, array(select jsonb_array_elements_text(keyids::jsonb)), size
       from unnest($2::bytea[], $3::text[], $4::text[], $5::text[], $6::integer[])
            as new(id, step, container, keyids, size)
      order by id
     on conflict do nothing
     returning id, received_at`,
    [
      chainId,
      ids,
      links.map((link) => link.step),
      links.map((link) => link.container),
      links.map((link) => JSON.stringify(link.keyids)),
      links.map((link) => link.size),
    ],
  );
  const created = new Map(inserted.map((row) => [row.id.toString('hex'), row.received_at]));
  const missing = ids.filter((id) => !created.has(id.toString('hex')));
  const present =
    missing.length === 0
      ? []
      : await tx.query<LinkTimes[]>('select id, received_at from link where chain_id = $1 and id = any($2)', [
          chainId,
          missing,
        ]);
  const known = new Map(present.map((row) => [row.id.toString('hex'), row.received_at]));
  return ids.map((id) => {
    const hex = id.toString('hex');
    const receivedAt = created.get(hex) ?? known.get(hex);
    if (!receivedAt) {
      throw new Error(`link ${hex} is neither new nor known`);
    }
    // A batch may hold the same link twice: the first is the one that created it.
    const isNew = created.delete(hex);
    known.set(hex, receivedAt);
    return { created: isNew, receivedAt };
  });
}

interface LinkTimes {
  readonly id: Buffer;
  readonly received_at: Date;
}

async function insertArtifacts(tx: Transaction, chainId: number, links: readonly NewLink[]): Promise<void> {
  const sides = links.flatMap((link) => [
    { id: link.id, side: Side.material, digests: link.materials },
    { id: link.id, side: Side.product, digests: link.products },
  ]);
  await tx.query(
    `insert into link_artifact (chain_id, digest, side, link_id)
     select $1, substring(digests from at * 32 + 1 for 32), side, id
       from unnest($2::bytea[], $3::smallint[], $4::bytea[]) as new(id, side, digests)
      cross join lateral generate_series(0, length(digests) / 32 - 1) at
     on conflict do nothing`,
    [chainId, sides.map(({ id }) => id), sides.map(({ side }) => side), sides.map(({ digests }) => digests)],
  );
}

async function insertKeys(tx: Transaction, chainId: number, links: readonly NewLink[]): Promise<void> {
  const pairs = links.flatMap((link) => link.keyids.map((keyid) => ({ keyid, id: link.id })));
  await tx.query(
    `insert into link_key (chain_id, keyid, link_id)
     select $1, keyid, id from unnest($2::text[], $3::bytea[]) as new(keyid, id) on conflict do nothing`,
    [chainId, pairs.map(({ keyid }) => keyid), pairs.map(({ id }) => id)],
  );
}

/** Returns the runs that got a link they did not have. */
async function joinRuns(
  tx: Transaction,
  chainId: number,
  links: readonly { id: Buffer; run: string }[],
): Promise<string[]> {
  const rows = await tx.query<{ run: string }[]>(
    `insert into run_link (chain_id, run, link_id)
     select $1, run, id from unnest($2::text[], $3::bytea[]) with ordinality as new(run, id, position) order by position
     on conflict do nothing returning run`,
    [chainId, links.map((link) => link.run), links.map((link) => link.id)],
  );
  return [...new Set(rows.map((row) => row.run))];
}

/** What a new member of a run may change: every subject of that run, and the subjects newly related to one. */
async function markSubjectsOf(
  tx: Transaction,
  chainId: number,
  runs: readonly string[],
  related: readonly RunOfSubject[],
): Promise<void> {
  const ofRuns =
    runs.length === 0
      ? []
      : await tx.query<{ subject: Buffer }[]>(
          'select subject from run_subject where chain_id = $1 and run = any($2)',
          [chainId, runs],
        );
  const subjects = [...ofRuns, ...related].map((row) => row.subject);
  if (subjects.length > 0) {
    await markSubjects(tx, chainId, subjects);
  }
}
