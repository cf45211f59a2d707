import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Tokens belong to principals, and every posting says by whom it is. What the version before reads and writes stays as it
 * is: it neither names a poster nor misses one.
 */
export class AddPrincipals1764400000000 implements MigrationInterface {
  name = 'AddPrincipals1764400000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table access_token add column principal text;

      alter table link
        add column principal text not null default '',
        add column token text not null default '';

      create table posting (
        chain_id integer not null,
        run text not null,
        principal text not null,
        link bigint not null,
        token text not null,
        attempt integer not null,
        joined bigint,
        posted_at timestamptz not null,
        constraint posting_pk primary key (chain_id, run, principal, link)
      );
      create index posting_by_link on posting (chain_id, link);

      create table declaration (
        chain_id integer not null,
        run text not null,
        principal text not null,
        subject bytea not null,
        token text not null,
        declared_at timestamptz not null,
        constraint declaration_pk primary key (chain_id, run, principal, subject)
      );

      create table image_posting (
        chain_id integer not null,
        digest bytea not null,
        principal text not null,
        token text not null,
        posted_at timestamptz not null,
        constraint image_posting_pk primary key (chain_id, digest, principal)
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop table image_posting, declaration, posting;
      alter table link drop column token, drop column principal;
      alter table access_token drop column principal;
    `);
  }
}
