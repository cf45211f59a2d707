import { Client } from 'pg';

/** The digest of this subject of this stored statement, as hex; the databases compute the same. */
export const DIGEST_OF = (statement: string, subject: string): string =>
  `sha256(convert_to('stored ' || ${statement} || ' ' || ${subject}, 'UTF8'))`;

/** Puts so many statements with 20 subjects into our tables, as uploads in runs of three would have. */
export async function fillCustody(databaseUrl: string, statements: number): Promise<void> {
  await execute(databaseUrl, [
    `create temporary table stored as
       select n, nextval('link_seq_seq') as seq, sha256(convert_to('link ' || n, 'UTF8')) as id
         from generate_series(1, ${statements}) n`,
    `insert into link (chain_id, id, seq, statement, step, container, keyids, size, proven, loose)
       select 1, id, seq, sha256(id), 'build', 'dsse', array[encode(sha256('key'), 'hex')], 4096, true, false
         from stored order by id`,
    `insert into link_artifact (chain_id, digest, kind, step, link)
       select 1, ${DIGEST_OF('n', 'subject')} as digest, 1, 'build', seq
         from stored, generate_series(1, 20) subject order by digest`,
    `insert into link_key (chain_id, keyid, link)
       select 1, encode(sha256('key'), 'hex'), seq from stored order by seq`,
    `insert into run_link (chain_id, run, link, attempt)
       select 1, 'stored ' || n / 3, seq, 1 from stored order by 2, 3`,
  ]);
}

/** The same into Archivista's tables, as its uploads would have; its indexes are made anew, which only flatters them. */
export async function fillArchivista(databaseUrl: string, statements: number): Promise<void> {
  await execute(databaseUrl, [
    `create temporary table stored as
       select n, gen_random_uuid() as dsse, gen_random_uuid() as statement from generate_series(1, ${statements}) n`,
    `create temporary table stored_subject as
       select n, subject, statement, gen_random_uuid() as id from stored, generate_series(1, 20) subject`,
    `insert into statements (id, predicate)
       select statement, 'https://in-toto.io/attestation/link/v0.3' from stored`,
    `insert into dsses (id, gitoid_sha256, payload_type, dsse_statement, created_at)
       select dsse, encode(sha256(convert_to('link ' || n, 'UTF8')), 'hex'), 'application/vnd.in-toto+json', statement, now()
         from stored`,
    `insert into signatures (id, key_id, signature, dsse_signatures)
       select gen_random_uuid(), encode(sha256('key'), 'hex'), repeat('a', 88), dsse from stored`,
    `insert into payload_digests (id, algorithm, value, dsse_payload_digests)
       select gen_random_uuid(), 'sha256', encode(sha256(convert_to('payload ' || n, 'UTF8')), 'hex'), dsse from stored`,
    ...withoutIndexes('subjects', [
      `insert into subjects (id, name, statement_subjects, created_at)
         select id, 'dist/part-' || subject || '.js', statement, now() from stored_subject`,
    ]),
    ...withoutIndexes('subject_digests', [
      `insert into subject_digests (id, algorithm, value, subject_subject_digests)
         select gen_random_uuid(), 'sha256', encode(${DIGEST_OF('n', 'subject')}, 'hex'), id from stored_subject`,
    ]),
  ]);
}

/** Drops what slows the loading of a large table, and makes the very same again. */
function withoutIndexes(table: string, load: readonly string[]): string[] {
  return [
    `create temporary table definitions_${table} as
       select conname as name, format('alter table %I add constraint %I %s', '${table}', conname, pg_get_constraintdef(oid)) as make,
              format('alter table %I drop constraint %I cascade', '${table}', conname) as forget
         from pg_constraint where conrelid = '${table}'::regclass and contype in ('p', 'f')
       union all
       select conname, format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)), null
         from pg_constraint where confrelid = '${table}'::regclass
       union all
       select indexname, indexdef, format('drop index %I', indexname) from pg_indexes
        where tablename = '${table}' and indexname not in (select conname from pg_constraint)`,
    `do $$ declare definition record; begin
       for definition in select forget from definitions_${table} where forget is not null loop
         execute definition.forget;
       end loop; end $$`,
    ...load,
    `do $$ declare definition record; begin
       for definition in select make from definitions_${table} order by make like '%FOREIGN KEY%' loop
         execute definition.make;
       end loop; end $$`,
  ];
}

async function execute(databaseUrl: string, statements: readonly string[]): Promise<void> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(
      "set maintenance_work_mem = '512MB'; set work_mem = '256MB'; set synchronous_commit = off",
    );
    for (const statement of statements) {
      await client.query(statement);
    }
    await client.query('vacuum analyze');
    await client.query('checkpoint');
  } finally {
    await client.end();
  }
}
