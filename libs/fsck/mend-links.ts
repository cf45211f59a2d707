import { Kind } from '#persistence/links/link-artifact.entity.js';
import type { NewLink } from '#persistence/links/new-link.js';
import { recordSigners } from '#persistence/links/record-signers.js';
import { markTouched } from '#persistence/subjects/marks.js';
import { subjectsTouchedBy } from '#persistence/subjects/touched-subjects.js';
import { inTransaction, type Transaction } from '#persistence/transaction.js';
import type { ExpectedRows } from './found-by.js';
import type { CheckedChain, Inspection } from './inspection.js';
import type { LinkRow } from './link-rows.js';

/** What the bytes of a link say, and what its row must say with them. */
export type Derived = Pick<
  NewLink,
  'id' | 'statement' | 'step' | 'container' | 'keyids' | 'size' | 'materials' | 'products' | 'signers'
> & { readonly proven: boolean };

const DIGEST_BYTES = 32;

export function expectedRows(row: LinkRow, derived: Derived): ExpectedRows {
  const tied = derived.proven && row.loose ? Kind.tied : 0;
  const side = (digests: Buffer, bit: number) =>
    Array.from({ length: digests.length / DIGEST_BYTES }, (_, at) => ({
      digest: digests.subarray(at * DIGEST_BYTES, (at + 1) * DIGEST_BYTES),
      kind: tied | bit,
    }));
  return {
    seq: row.seq,
    step: derived.step,
    keyids: derived.keyids,
    artifacts: [...side(derived.materials, 0), ...side(derived.products, Kind.product)],
  };
}

/**
 * Writes the row of a link, and all that it is found by, anew from its bytes; wakes the subjects that it may concern. What
 * the bytes do not have goes: rows of an index are no evidence.
 */
export async function rewriteLink(
  { source }: Inspection,
  chain: CheckedChain,
  row: LinkRow,
  derived: Derived,
): Promise<boolean> {
  const expected = expectedRows(row, derived);
  await inTransaction(source, async (tx) => {
    await rewriteRow(tx, chain.id, derived);
    await rewriteArtifacts(tx, chain.id, expected);
    await rewriteKeys(tx, chain.id, expected);
    await recordSigners(tx, chain.id, derived);
    await wakeSubjects(tx, chain.id, row, derived);
  });
  return true;
}

async function rewriteRow(tx: Transaction, chainId: number, derived: Derived): Promise<void> {
  await tx.query(
    `update link set statement = $3, step = $4, container = $5, keyids = $6, size = $7, proven = $8
      where chain_id = $1 and id = $2`,
    [
      chainId,
      derived.id,
      derived.statement,
      derived.step,
      derived.container,
      derived.keyids,
      derived.size,
      derived.proven,
    ],
  );
}

async function rewriteArtifacts(tx: Transaction, chainId: number, expected: ExpectedRows): Promise<void> {
  await tx.query('delete from link_artifact where chain_id = $1 and link = $2', [chainId, expected.seq]);
  await tx.query(
    `insert into link_artifact (chain_id, digest, kind, step, link)
     select $1, digest, kind, $5, $2 from unnest($3::bytea[], $4::smallint[]) as own(digest, kind) on conflict do nothing`,
    [
      chainId,
      expected.seq,
      expected.artifacts.map(({ digest }) => digest),
      expected.artifacts.map(({ kind }) => kind),
      expected.step,
    ],
  );
}

async function rewriteKeys(tx: Transaction, chainId: number, expected: ExpectedRows): Promise<void> {
  await tx.query('delete from link_key where chain_id = $1 and link = $2', [chainId, expected.seq]);
  await tx.query(
    'insert into link_key (chain_id, keyid, link) select $1, unnest($3::text[]), $2 on conflict do nothing',
    [chainId, expected.seq, expected.keyids],
  );
}

async function wakeSubjects(tx: Transaction, chainId: number, row: LinkRow, derived: Derived): Promise<void> {
  const place = { seq: row.seq, created: false, madeLoose: false, receivedAt: row.receivedAt };
  const asPosted = { ...derived, ...place, attempt: 1, declared: undefined };
  const inRuns = row.runs.map(({ run }) => ({ ...asPosted, run }));
  const loose = row.loose ? [{ ...asPosted, run: undefined }] : [];
  const runs = row.runs.map(({ run }) => run);
  await markTouched(tx, chainId, await subjectsTouchedBy(tx, chainId, [...inRuns, ...loose], runs));
}
