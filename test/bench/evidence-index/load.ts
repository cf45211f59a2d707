import type { Client } from 'pg';
import { Builds, CHAINS, type GeneratedLink } from './generate.js';

const LINKS_AT_ONCE = 3_000;

/** The rows of `base`, `link` and `run_link`: what all variants share. Returns the generator, to go on with. */
export async function loadLinks(client: Client, seed: number, count: number): Promise<Builds> {
  await client.query(`
    create unlogged table base (chain_id integer, seq bigserial, id bytea, step text, run text, materials bytea, products bytea);
    alter table base alter materials set storage external, alter products set storage external;
    insert into chain (name, owner_keys, owner_threshold)
    select 'chain/' || n, '[]', 1 from generate_series(1, ${CHAINS}) n`);
  const builds = new Builds(seed);
  for (let loaded = 0; loaded < count; ) {
    const links = take(builds, Math.min(LINKS_AT_ONCE, count - loaded));
    await client.query(
      `insert into base (chain_id, id, step, run, materials, products)
       select * from unnest($1::integer[], $2::bytea[], $3::text[], $4::text[], $5::bytea[], $6::bytea[])`,
      [
        links.map(({ chainId }) => chainId),
        links.map(({ id }) => id),
        links.map(({ step }) => step),
        links.map(({ run }) => run),
        links.map(({ materials }) => materials),
        links.map(({ products }) => products),
      ],
    );
    loaded += links.length;
  }
  await client.query(`
    insert into link (chain_id, id, statement, seq, step, container, keyids, size, proven, loose)
    select chain_id, id, id, seq, step, 'dsse', array['k'], length(materials) + length(products), true, run is null from base;
    select setval('link_seq_seq', (select max(seq) from base));
    insert into run_link (chain_id, run, link, attempt) select chain_id, run, seq, 1 from base where run is not null order by seq;
    analyze link, run_link`);
  return builds;
}

export function take(builds: Builds, count: number): GeneratedLink[] {
  const links: GeneratedLink[] = [];
  while (links.length < count) links.push(...builds.next());
  return links;
}
