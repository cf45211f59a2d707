import type { Transaction } from '../transaction.js';
import { Kind } from './link-artifact.entity.js';
import type { IndexedLink, NewLink } from './new-link.js';

interface LinkRow {
  readonly id: Buffer;
  readonly seq: string;
  readonly loose: boolean;
  readonly proven: boolean;
  readonly received_at: Date;
}

/** Writes the rows of links that are new, and what they are found by. Links that are there already stay as they are. */
export async function insertLinks(
  tx: Transaction,
  chainId: number,
  links: readonly NewLink[],
  at: Date,
): Promise<IndexedLink[]> {
  const distinct = onceEach(links);
  const inserted = await insertRows(tx, chainId, distinct, at);
  const fresh = index(inserted);
  const present = distinct.filter((link) => !fresh.has(link.id.toString('hex')));
  const known =
    present.length === 0 ? new Map<string, LinkRow>() : index(await selectRows(tx, chainId, present));

  const indexed = distinct.map((link): IndexedLink => {
    const hex = link.id.toString('hex');
    const row = fresh.get(hex) ?? known.get(hex);
    if (!row) {
      throw new Error(`link ${hex} is neither new nor known`);
    }
    const madeLoose = link.run === undefined && !row.loose;
    return { ...link, seq: row.seq, created: fresh.has(hex), madeLoose, receivedAt: row.received_at };
  });
  for (const link of indexed) {
    const row = known.get(link.id.toString('hex'));
    if (row) {
      await raise(tx, chainId, link, row);
    }
  }
  return backInOrder(links, indexed);
}

/** Of one link posted in a run and without, the latter counts: it makes the link evidence for builds that name no run. */
function onceEach(links: readonly NewLink[]): NewLink[] {
  const inRuns = links.filter(({ run }) => run !== undefined);
  const loose = links.filter(({ run }) => run === undefined);
  return [...new Map([...inRuns, ...loose].map((link) => [link.id.toString('hex'), link])).values()];
}

/** A batch may hold one link several times, in several runs: only its first appearance created it. */
function backInOrder(links: readonly NewLink[], indexed: readonly IndexedLink[]): IndexedLink[] {
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
    const { seq, madeLoose, receivedAt } = row;
    return { ...link, seq, created: row.created && first, madeLoose, receivedAt };
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
  at: Date,
): Promise<LinkRow[]> {
  // A place of its own has no rows yet. To look for them first would cost as much again as writing them.
  const hasArrived = links.some(({ arrival }) => arrival !== undefined);
  return tx.query<LinkRow[]>(
    `with given as (
       select * from unnest($2::bytea[], $3::bytea[], $4::text[], $5::text[], $6::text[], $7::integer[], $8::boolean[],
                            $9::boolean[], $10::bytea[], $11::bytea[], $14::bigint[], $15::timestamptz[])
                     as given(id, statement, step, container, keyids, size, proven, loose, materials, products, place, arrived)),
     fresh as (
       insert into link (chain_id, id, statement, seq, step, container, keyids, size, proven, loose, received_at)
       select $1, id, statement,
              case when place is null or exists (select from link other where other.chain_id = $1 and other.seq = place offset 0)
                   then nextval('link_seq_seq') else place end,
              step, container, array(select jsonb_array_elements_text(keyids::jsonb)), size, proven, loose, arrived
         from given order by id
       on conflict do nothing
       returning id, seq, step, keyids, loose, proven, received_at),
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
       select $1, keyid, seq from fresh cross join lateral unnest(keyids) keyid on conflict do nothing)
     select id, seq, loose, proven, received_at from fresh`,
    [
      chainId,
      links.map((link) => link.id),
      links.map((link) => link.statement),
      links.map((link) => link.step),
      links.map((link) => link.container),
      links.map((link) => JSON.stringify(link.keyids)),
      links.map((link) => link.size),
      links.map((link) => link.proven),
      links.map((link) => link.run === undefined),
      links.map((link) => link.materials),
      links.map((link) => link.products),
      Kind.tied,
      Kind.product,
      links.map(({ arrival }) => arrival?.seq ?? null),
      links.map(({ arrival }) => arrival?.at ?? at),
    ],
  );
}

async function selectRows(tx: Transaction, chainId: number, links: readonly NewLink[]): Promise<LinkRow[]> {
  return tx.query<LinkRow[]>(
    `select link.* from unnest($2::bytea[]) given cross join lateral (
       select id, seq, loose, proven, received_at from link where chain_id = $1 and link.id = given offset 0) link`,
    [chainId, links.map((link) => link.id)],
  );
}

/** Posted again, a link can become evidence for builds that name no run, or be proven by a layout that came later. */
async function raise(tx: Transaction, chainId: number, link: IndexedLink, row: LinkRow): Promise<void> {
  const loose = row.loose || link.run === undefined;
  const proven = row.proven || link.proven;
  if (loose === row.loose && proven === row.proven) {
    return;
  }
  await tx.query('update link set loose = $3, proven = $4 where chain_id = $1 and id = $2', [
    chainId,
    link.id,
    loose,
    proven,
  ]);
  if (loose && proven) {
    await tieArtifacts(tx, chainId, link);
  }
}

/** From now on the link is found along MATCH rules. */
export async function tieArtifacts(
  tx: Transaction,
  chainId: number,
  link: Pick<IndexedLink, 'seq' | 'step' | 'materials' | 'products'>,
): Promise<void> {
  await tx.query(
    `update link_artifact set kind = kind | $2
      where chain_id = $1 and link = $3 and step = $4 and kind in (0, $5) and digest in (
        select substring(digests from at * 32 + 1 for 32)
          from (select $6::bytea as digests) own
         cross join lateral generate_series(0, length(digests) / 32 - 1) at)`,
    [chainId, Kind.tied, link.seq, link.step, Kind.product, Buffer.concat([link.materials, link.products])],
  );
}
