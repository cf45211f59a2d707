/**
 * One way to find links by the digests of their artifacts. Filled from `base` (chain_id, seq, id, step, run, materials,
 * products: digests one after the other), then grown by `insert`, whose parameters are the chain, and per link id,
 * materials and products.
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
  /** Chain, keys, step, limit: for each digest the newest links of the step without a run that have it as product. */
  readonly tied: string;
}

const fresh = `
  (select link.chain_id, link.id, link.seq, link.step, link.loose, materials, products
     from unnest($2::bytea[], $3::bytea[], $4::bytea[]) as new(id, materials, products)
     join link on link.chain_id = $1 and link.id = new.id) fresh`;
const loaded = '(select *, run is null as loose from base) loaded';

/** A row an artifact. Bits of `kind`: 1 product, 2 of a link without a run. */
function childTable(about: string, keep: string): Variant {
  const rows = (from: string) => `
    insert into evidence (chain_id, digest, kind, step, link)
    select chain_id, substring(digests from at * 32 + 1 for 32), kind, step, seq
      from (select chain_id, seq, step, case when loose then 2 else 0 end as kind, materials as digests from ${from}
            union all
            select chain_id, seq, step, case when loose then 3 else 1 end, products from ${from}) side
     cross join lateral generate_series(0, length(digests) / 32 - 1) at
     where ${keep}`;
  return {
    about,
    create: `create table evidence (chain_id integer not null, digest bytea not null, kind smallint not null,
               step text not null, link bigint not null)`,
    fill: rows(loaded),
    // Random insertion leaves B-tree pages about this full; an index built in one go would flatter itself.
    index: 'alter table evidence add primary key (chain_id, digest, kind, step, link) with (fillfactor = 70)',
    key: (_, digest) => digest,
    insert: `with fresh as materialized (select * from ${fresh}) ${rows('fresh')} on conflict do nothing`,
    anchored:
      'select exists (select from evidence where chain_id = $1 and digest = any($2) and kind & 1 = 1)',
    runsOf: `select distinct run from unnest($2::bytea[]) key
               join evidence on evidence.chain_id = $1 and evidence.digest = key and kind in (1, 3)
               join run_link member on member.chain_id = $1 and member.link = evidence.link`,
    linksWith: `with recursive held(kind, step) as (
                  (select kind, step from evidence where chain_id = $1 and digest = $2 order by kind, step limit 1)
                  union all
                  select following.kind, following.step from held cross join lateral (
                    select kind, step from evidence
                     where chain_id = $1 and digest = $2 and (kind, step) > (held.kind, held.step)
                     order by kind, step limit 1) following)
                select id, seq from link where chain_id = $1 and seq in (
                  select newest.link from held cross join lateral (
                    select link from evidence
                     where chain_id = $1 and digest = $2 and kind = held.kind and step = held.step
                     order by link desc limit $3) newest)
                 order by seq desc limit $3`,
    tied: `select key, link.id from unnest($2::bytea[]) key
            cross join lateral (select link from evidence where chain_id = $1 and digest = key and kind = 3 and step = $3
                                 order by link desc limit $4) found
             join link on link.chain_id = $1 and link.seq = found.link`,
  };
}

/** How an element of an array is made of chain and digest, in SQL and here. */
interface Element {
  readonly type: string;
  readonly sql: (digest: string) => string;
  readonly key: Variant['key'];
}

/** The digests as one array a side, on what stands for the row of the link. */
function arrays(about: string, { type, sql, key }: Element, gin: string): Variant {
  const elements = (digests: string) =>
    `array(select ${sql(`substring(${digests} from at * 32 + 1 for 32)`)}
             from generate_series(0, length(${digests}) / 32 - 1) at)`;
  const rows = (from: string) => `
    insert into evidence (chain_id, id, link, step, loose, materials, products)
    select chain_id, id, seq, step, loose, ${elements('materials')}, ${elements('products')} from ${from}`;
  // PostgreSQL knows nothing of digests it has not sampled and guesses that 0.5 % of the links have them. For the first
  // of so many it would read the table from its start; asked for all of them it uses the index. Hence, too, the
  // joins from link to link, and no condition on the chain, whose index it would read whole to combine the two.
  const found = `with found as materialized (select id, link from evidence where products && $2::${type}[])`;
  return {
    about,
    create: `create table evidence (chain_id integer not null, id bytea not null, link bigint not null, step text not null,
               loose boolean not null, materials ${type}[] not null, products ${type}[] not null)`,
    fill: rows(loaded),
    index: `create index evidence_by_product on evidence using gin (products) ${gin};
            create index evidence_by_material on evidence using gin (materials) ${gin};
            create index evidence_by_arrival on evidence (chain_id, link)`,
    key,
    insert: rows(fresh),
    anchored: `${found} select $1::integer as chain_id, exists (select from found)`,
    runsOf: `${found} select distinct run from found cross join lateral
               (select run from run_link where chain_id = $1 and run_link.link = found.link offset 0) member`,
    linksWith: `select id, link from evidence
                 where chain_id = $1 and (products @> array[$2::${type}] or materials @> array[$2::${type}])
                 order by link desc limit $3`,
    tied: `select key, found.id from unnest($2::${type}[]) key
            cross join lateral (select id from evidence
                                 where chain_id = $1 and products @> array[key] and step = $3 and loose
                                 order by link desc limit $4) found`,
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

export const variants: Readonly<Record<string, Variant>> = {
  table: childTable('child table, key (chain, digest, kind, step, link): the present one', 'true'),
  needed: childTable('the same without the materials of links that have a run', 'kind > 0'),
  arrays: arrays('bytea[] on the link, GIN', whole, ''),
  short: arrays(
    'uuid[] on the link (chain, 12 bytes of the digest), GIN without pending list',
    short,
    'with (fastupdate = off)',
  ),
};
