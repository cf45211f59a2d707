import { UNRECORDED } from '../postings/poster.js';
import type { Transaction } from '../transaction.js';
import { type HeavyLinks, StoredMeanwhile } from './heavy-links.js';
import { Kind } from './link-artifact.entity.js';
import type { IndexedLink, NewLink } from './new-link.js';
import { raiseLink } from './raise-link.js';
import { EARLIEST_STANDS } from './record-signers.js';
import { type LinkRow, selectLinks } from './select-links.js';

const NONE = Buffer.alloc(0);

/**
 * Writes the rows of links that are new, and what they are found by. Links that are there already stay as they are. Of
 * heavy links only the rows are left to be written. `links` has each link once.
 */
export async function insertLinks(
  tx: Transaction,
  chainId: number,
  links: readonly NewLink[],
  { present: heavy, places }: HeavyLinks,
  at: Date,
): Promise<IndexedLink[]> {
  const unwritten = links.filter((link) => !heavy.has(link.id.toString('hex')));
  const fresh = index(unwritten.length === 0 ? [] : await insertRows(tx, chainId, unwritten, places, at));
  const present = unwritten.filter((link) => !fresh.has(link.id.toString('hex')));
  if (present.some((link) => places.has(link.id.toString('hex')))) {
    throw new StoredMeanwhile('a heavy link was stored while its digests were written');
  }
  const known = index(present.length === 0 ? [] : await selectLinks(tx, chainId, present));

  const indexed = links.map((link): IndexedLink => {
    const hex = link.id.toString('hex');
    const row = fresh.get(hex) ?? known.get(hex) ?? heavy.get(hex);
    if (!row) {
      throw new Error(`link ${hex} is neither new nor known`);
    }
    const created = fresh.has(hex);
    const madeLoose = link.run === undefined && !row.loose;
    const isSigned = link.signers.length > 0;
    return {
      ...link,
      seq: row.seq,
      created,
      madeLoose,
      isNews: created || madeLoose || (isSigned && !row.proven),
      decides: isSigned || row.proven,
      receivedAt: row.received_at,
    };
  });
  for (const link of indexed) {
    const row = known.get(link.id.toString('hex'));
    if (row) {
      await raiseLink(tx, chainId, link, row);
    }
  }
  return indexed;
}

/**
 * Of one link posted in a run and without, the latter counts: it makes the link evidence for builds that name no run. It is
 * by whom it was posted first, either way.
 */
export function onceEach(links: readonly NewLink[]): NewLink[] {
  const inRuns = links.filter(({ run }) => run !== undefined);
  const loose = links.filter(({ run }) => run === undefined);
  const posters = new Map(links.toReversed().map(({ id, poster }) => [id.toString('hex'), poster]));
  const once = new Map([...inRuns, ...loose].map((link) => [link.id.toString('hex'), link]));
  return [...once].map(([hex, link]) => ({ ...link, poster: posters.get(hex) }));
}

/** A batch may hold one link several times, in several runs: only its first appearance created it. */
export function backInOrder(links: readonly NewLink[], indexed: readonly IndexedLink[]): IndexedLink[] {
  const byId = new Map(indexed.map((link) => [link.id.toString('hex'), link]));
  const seen = new Set<string>();
  return links.map((link) => {
    const hex = link.id.toString('hex');
    const row = byId.get(hex);
    if (!row) {
      throw new Error(`link ${hex} was not indexed`);
    }
    const first = !seen.has(hex);
    seen.add(hex);
    return { ...row, ...link, created: row.created && first };
  });
}

function index(rows: readonly LinkRow[]): Map<string, LinkRow> {
  return new Map(rows.map((row) => [row.id.toString('hex'), row]));
}

/**
 * One statement for the row and all that it is found by: each round trip is paid for by everybody in the batch. A place
 * that is given, because the link arrived earlier, is kept unless another link has it by now.
 */
async function insertRows(
  tx: Transaction,
  chainId: number,
  links: readonly NewLink[],
  places: HeavyLinks['places'],
  at: Date,
): Promise<LinkRow[]> {
  const isWritten = ({ id }: NewLink): boolean => places.has(id.toString('hex'));
  // A place of its own has no rows yet. To look for them first would cost as much again as writing them.
  const hasArrived = links.some(({ arrival }) => arrival !== undefined);
  return tx.query<LinkRow[]>(
    `with given as (
       select * from unnest($2::bytea[], $3::bytea[], $4::text[], $5::text[], $6::text[], $7::integer[], $8::boolean[],
                            $9::boolean[], $10::bytea[], $11::bytea[], $14::bigint[], $15::timestamptz[],
                            $18::text[], $19::text[])
                     as given(id, statement, step, container, keyids, size, proven, loose, materials, products, place, arrived,
                              principal, token)),
     fresh as (
       insert into link (chain_id, id, statement, seq, step, container, keyids, size, proven, loose, received_at, principal, token)
       select $1, id, statement,
              case when place is null or exists (select from link other where other.chain_id = $1 and other.seq = place offset 0)
                   then nextval('link_seq_seq') else place end,
              step, container, array(select jsonb_array_elements_text(keyids::jsonb)), size, proven, loose, arrived,
              principal, token
         from given order by id
       on conflict do nothing
       returning id, statement, seq, step, keyids, loose, proven, received_at),
     artifacts as (
       insert into link_artifact (chain_id, digest, kind, step, link)
       select $1, substring(digests from at * 32 + 1 for 32), kind, fresh.step, fresh.seq
         from fresh join given using (id)
        cross join lateral (select case when fresh.proven and fresh.loose then $12::smallint else 0::smallint end) tied(bit)
        cross join lateral (values (tied.bit, materials), (tied.bit | $13::smallint, products)) side(kind, digests)
        cross join lateral generate_series(0, length(digests) / 32 - 1) at
       ${hasArrived ? 'on conflict do nothing' : ''}),
     keys as (
       insert into link_key (chain_id, keyid, link)
       select $1, keyid, seq from fresh cross join lateral unnest(keyids) keyid on conflict do nothing),
     signers as (
       insert into statement_signer (chain_id, statement, signer, seq, received_at)
       select distinct on (statement, signer) $1::integer, statement, signer, seq, received_at
         from fresh join unnest($16::bytea[], $17::bytea[]) said(id, signer) using (id)
        order by statement, signer, seq
       ${EARLIEST_STANDS})
     select id, seq, loose, proven, received_at from fresh`,
    [
      chainId,
      links.map((link) => link.id),
      links.map((link) => link.statement),
      links.map((link) => link.step),
      links.map((link) => link.container),
      links.map((link) => JSON.stringify(link.keyids)),
      links.map((link) => link.size),
      links.map((link) => link.signers.length > 0),
      links.map((link) => link.run === undefined),
      links.map((link) => (isWritten(link) ? NONE : link.materials)),
      links.map((link) => (isWritten(link) ? NONE : link.products)),
      Kind.tied,
      Kind.product,
      links.map(({ id, arrival }) => places.get(id.toString('hex')) ?? arrival?.seq ?? null),
      links.map(({ arrival }) => arrival?.at ?? at),
      links.flatMap(({ id, signers }) => signers.map(() => id)),
      links.flatMap(({ signers }) => signers),
      links.map(({ poster = UNRECORDED }) => poster.principal),
      links.map(({ poster = UNRECORDED }) => poster.token),
    ],
  );
}
