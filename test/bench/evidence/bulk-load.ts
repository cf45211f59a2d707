import { Client } from 'pg';
import { Builds, type GeneratedLink } from '../evidence-index/generate.js';
import { take } from '../evidence-index/load.js';

const LINKS_AT_ONCE = 10_000;

/**
 * The rows that ingest would write for links of a chain, in bulk: a million links in minutes. In the index alone, each
 * in a run: no verification may ever need their bytes. The key of the artifacts is made anew afterwards, with pages as
 * full as random insertion leaves them.
 */
export class BulkLoad {
  private readonly builds: Builds;

  constructor(
    private readonly databaseUrl: string,
    private readonly chainId: number,
    seed: number,
  ) {
    this.builds = new Builds(seed);
  }

  async add(count: number): Promise<void> {
    const client = new Client({ connectionString: this.databaseUrl });
    await client.connect();
    try {
      await client.query("set synchronous_commit = off; set maintenance_work_mem = '1GB'");
      await client.query(`
        create temporary table given (seq bigint, id bytea, step text, run text, materials bytea, products bytea);
        alter table given alter materials set storage external, alter products set storage external;
        alter table link_artifact drop constraint link_artifact_pk`);
      for (let loaded = 0; loaded < count; loaded += LINKS_AT_ONCE) {
        await this.addSome(client, take(this.builds, Math.min(LINKS_AT_ONCE, count - loaded)));
      }
      await client.query(`
        create unique index link_artifact_pk on link_artifact (chain_id, digest, kind, step, link) with (fillfactor = 70);
        alter table link_artifact add constraint link_artifact_pk primary key using index link_artifact_pk`);
      await client.query('vacuum analyze');
    } finally {
      await client.end();
    }
  }

  private async addSome(client: Client, links: readonly GeneratedLink[]): Promise<void> {
    await client.query('begin');
    await client.query(
      `insert into given select nextval('link_seq_seq'), * from unnest($1::bytea[], $2::text[], $3::text[], $4::bytea[], $5::bytea[])`,
      [
        links.map(({ id }) => id),
        links.map(({ step }) => step),
        links.map(({ id, run }) => run ?? id.toString('hex')),
        links.map(({ materials }) => materials),
        links.map(({ products }) => products),
      ],
    );
    await client.query(
      `insert into link (chain_id, id, statement, seq, step, container, keyids, size, proven, loose)
       select ${this.chainId}, id, id, seq, step, 'metablock', array['k'], length(materials) + length(products), true, false
         from given`,
    );
    await client.query(
      `insert into link_key (chain_id, keyid, link) select ${this.chainId}, 'k', seq from given`,
    );
    await client.query(
      `insert into run_link (chain_id, run, link, attempt) select ${this.chainId}, run, seq, 1 from given`,
    );
    await client.query(
      `insert into link_artifact (chain_id, digest, kind, step, link)
       select ${this.chainId}, substring(digests from at * 32 + 1 for 32), kind, step, seq
         from given
        cross join lateral (values (0, materials), (1, products)) side(kind, digests)
        cross join lateral generate_series(0, length(digests) / 32 - 1) at`,
    );
    await client.query('truncate given');
    await client.query('commit');
  }
}
