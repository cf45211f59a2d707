/**
 * One way to find links by the digests of their artifacts. Filled from `base` (chain_id, seq, id, materials, products:
 * digests one after the other), then grown by `insert`, whose parameters are the chain, and per link id, materials and
 * products.
 */
export interface Variant {
  readonly about: string;
  readonly create: string;
  readonly fill: string;
  readonly index: string;
  readonly insert: string;
  /** A digest as the queries take it. */
  readonly key: (chainId: number, digest: Buffer) => Buffer | string;
  /** Chain, the keys of five product digests: is there such a link, and in which runs? */
  readonly anchored: string;
  readonly runsOf: string;
  /** Chain, key, limit: the newest links with it on either side, as the listing of links gives them. */
  readonly linksWith: string;
}

const sides = (from: string, keep = 'true') => `
  (select chain_id, id, seq, side, substring(digests from at * 32 + 1 for 32) as digest
     from (select chain_id, id, seq, 0::smallint as side, materials as digests from ${from}
           union all select chain_id, id, seq, 1::smallint, products from ${from}) both_sides
    cross join lateral generate_series(0, length(digests) / 32 - 1) at
    where ${keep}) artifact`;

const fresh = `
  (select link.chain_id, link.id, link.seq, materials, products
     from unnest($2::bytea[], $3::bytea[], $4::bytea[]) as new(id, materials, products)
     join link on link.chain_id = $1 and link.id = new.id) fresh`;

/** Random insertion leaves B-tree pages about this full; an index built in one go would flatter itself. */
const AS_GROWN = 'with (fillfactor = 70)';

/** A row an artifact; what identifies the link is its id or its number in order of arrival. */
function childTable(about: string, link: 'id' | 'seq', keep?: string): Variant {
  const column = link === 'id' ? 'link_id' : 'link_seq';
  const rows = (from: string) =>
    `insert into evidence (chain_id, digest, side, ${column}) select chain_id, digest, side, ${link} from ${sides(from, keep)}`;
  const newest =
    link === 'id'
      ? `select id, seq from link
          where chain_id = $1 and id in (select link_id from evidence where chain_id = $1 and digest = $2)
          order by seq desc limit $3`
      : `select id, seq from link
           join (select link_seq from
                  ((select link_seq from evidence where chain_id = $1 and digest = $2 and side = 0 order by link_seq desc limit $3)
                   union
                   (select link_seq from evidence where chain_id = $1 and digest = $2 and side = 1 order by link_seq desc limit $3)) newest
                 order by link_seq desc limit $3) page on link.seq = page.link_seq
          where chain_id = $1 order by seq desc`;
  return {
    about,
    create: `create table evidence (chain_id integer not null, digest bytea not null, side smallint not null,
               ${column} ${link === 'id' ? 'bytea' : 'bigint'} not null)`,
    fill: rows('base'),
    index: `alter table evidence add primary key (chain_id, digest, side, ${column}) ${AS_GROWN}`,
    key: (_, digest) => digest,
    insert: `with fresh as materialized (select * from ${fresh}) ${rows('fresh')} on conflict do nothing`,
    anchored: `select exists (select from evidence where chain_id = $1 and digest = any($2) and side = 1)`,
    runsOf: `select distinct run from evidence
               ${link === 'id' ? '' : 'join link on link.chain_id = $1 and link.seq = link_seq'}
               join run_link member on member.chain_id = $1 and member.link_id = ${link === 'id' ? 'evidence.link_id' : 'link.id'}
              where evidence.chain_id = $1 and digest = any($2) and side = 1`,
    linksWith: newest,
  };
}

/** How an element of an array is made of chain and digest, in SQL and here. */
interface Element {
  readonly type: string;
  readonly sql: (digest: string) => string;
  readonly key: Variant['key'];
}

/** The digests as one array a side. */
function arrays(about: string, { type, sql, key }: Element, gin: string): Variant {
  const elements = (digests: string) =>
    `array(select ${sql(`substring(${digests} from at * 32 + 1 for 32)`)}
             from generate_series(0, length(${digests}) / 32 - 1) at)`;
  const rows = (from: string) =>
    `insert into evidence select chain_id, id, seq, ${elements('materials')}, ${elements('products')} from ${from}`;
  // PostgreSQL knows nothing of digests it has not sampled and guesses that 0.5 % of the links have them. For the first
  // of so many it would read the table from its start; asked for all of them it uses the index. Hence, too, the
  // joins from link to link, and no condition on the chain, whose index it would read whole to combine the two.
  const found = `with found as materialized
    (select id from evidence where products && $2::${type}[])`;
  return {
    about,
    create: `create table evidence (chain_id integer not null, id bytea not null, seq bigint not null,
               materials ${type}[] not null, products ${type}[] not null)`,
    fill: rows('base'),
    index: `create index evidence_by_product on evidence using gin (products) ${gin};
            create index evidence_by_material on evidence using gin (materials) ${gin};
            create index evidence_by_arrival on evidence (chain_id, seq)`,
    key,
    insert: rows(fresh),
    anchored: `${found} select $1::integer as chain_id, exists (select from found)`,
    runsOf: `${found} select distinct run from found cross join lateral
               (select run from run_link where chain_id = $1 and link_id = id offset 0) member`,
    linksWith: `select id, seq from evidence
                 where chain_id = $1 and (products @> array[$2::${type}] or materials @> array[$2::${type}])
                 order by seq desc limit $3`,
  };
}

// The chain leads every element, so that one chain's hot digest costs no other chain anything.
const whole: Element = {
  type: 'bytea',
  sql: (digest) => `int4send(chain_id) || ${digest}`,
  key: prefixed,
};
const short: Element = {
  type: 'uuid',
  sql: (digest) => `encode(int4send(chain_id) || substring(${digest} from 1 for 12), 'hex')::uuid`,
  key: (chainId, digest) => prefixed(chainId, digest.subarray(0, 12)).toString('hex'),
};

function prefixed(chainId: number, digest: Buffer): Buffer {
  const chain = Buffer.alloc(4);
  chain.writeInt32BE(chainId);
  return Buffer.concat([chain, digest]);
}

const DIRECT = 'with (fastupdate = off)';

export const variants: Readonly<Record<string, Variant>> = {
  table: childTable('child table, key (chain, digest, side, link id)', 'id'),
  seq: childTable('child table, key (chain, digest, side, link number)', 'seq'),
  products: childTable('child table of link ids, products only', 'id', 'side = 1'),
  postings: {
    ...childTable('child table, deduplicated B-tree on (chain, digest, side)', 'id'),
    index: `create index evidence_by_digest on evidence (chain_id, digest, side) ${AS_GROWN}`,
  },
  arrays: arrays('bytea[] on the link, GIN with its pending list', whole, ''),
  direct: arrays('bytea[] on the link, GIN without pending list', whole, DIRECT),
  short: arrays(
    'uuid[] on the link (chain, 12 bytes of the digest), GIN without pending list',
    short,
    DIRECT,
  ),
  pending: arrays(
    'uuid[] on the link (chain, 12 bytes of the digest), GIN with a pending list of at most 512 KiB',
    short,
    'with (gin_pending_list_limit = 512)',
  ),
};
