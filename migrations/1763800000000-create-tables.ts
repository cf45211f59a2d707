import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Chains, layouts, links and what finds them, subjects and their marks, verdicts, access tokens. */
export class CreateTables1763800000000 implements MigrationInterface {
  name = 'CreateTables1763800000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table chain (
        id integer generated always as identity constraint chain_pk primary key,
        name text not null constraint chain_name unique,
        owner_keys jsonb not null,
        owner_threshold integer not null,
        settings jsonb not null default '{}',
        active_layout bytea,
        created_at timestamptz not null default now()
      );

      create table layout (
        chain_id integer not null,
        id bytea not null,
        statement bytea not null,
        version integer not null,
        expires_at timestamptz not null,
        received_at timestamptz not null default now(),
        constraint layout_pk primary key (chain_id, id)
      );
      create unique index layout_by_version on layout (chain_id, version);

      create table link (
        chain_id integer not null,
        id bytea not null,
        statement bytea not null,
        seq bigserial not null,
        step text not null,
        container text not null,
        keyids text[] not null,
        size integer not null,
        proven boolean not null,
        loose boolean not null,
        received_at timestamptz not null default now(),
        constraint link_pk primary key (chain_id, id)
      );
      create unique index link_by_arrival on link (chain_id, seq);
      create index link_by_step on link (chain_id, step, seq);
      create index link_by_statement on link (chain_id, statement, seq);

      create table link_artifact (
        chain_id integer not null,
        digest bytea not null,
        kind smallint not null,
        step text not null,
        link bigint not null,
        constraint link_artifact_pk primary key (chain_id, digest, kind, step, link)
      );

      create table link_key (
        chain_id integer not null,
        keyid text not null,
        link bigint not null,
        constraint link_key_pk primary key (chain_id, keyid, link)
      );

      create table run_link (
        chain_id integer not null,
        run text not null,
        link bigint not null,
        seq bigserial not null,
        attempt integer not null,
        joined_at timestamptz not null default now(),
        constraint run_link_pk primary key (chain_id, run, link)
      );
      create index run_link_by_link on run_link (chain_id, link);

      create table subject (
        chain_id integer not null,
        digest bytea not null,
        known_since timestamptz not null default now(),
        constraint subject_pk primary key (chain_id, digest)
      );

      create table subject_key (
        chain_id integer not null,
        product_digest bytea not null,
        subject bytea not null,
        constraint subject_key_pk primary key (chain_id, product_digest, subject)
      );

      create table run_subject (
        chain_id integer not null,
        run text not null,
        subject bytea not null,
        related bigserial not null,
        constraint run_subject_pk primary key (chain_id, run, subject)
      );
      create index run_subject_by_subject on run_subject (chain_id, subject, related);

      create table image_relation (
        chain_id integer not null,
        covered bytea not null,
        covering bytea not null,
        kind text not null,
        constraint image_relation_pk primary key (chain_id, covered, covering)
      );
      create index image_relation_by_covering on image_relation (chain_id, covering);

      create table subject_watch (
        chain_id integer not null,
        digest bytea not null,
        subject bytea not null,
        constraint subject_watch_pk primary key (chain_id, digest, subject)
      );
      create index subject_watch_by_subject on subject_watch (chain_id, subject);

      create table verification_mark (
        chain_id integer not null,
        subject bytea not null,
        generation bigserial not null,
        marked_at timestamptz not null default now(),
        priority smallint not null default 0,
        claimed_until timestamptz not null default '-infinity',
        attempts integer not null default 0,
        constraint verification_mark_pk primary key (chain_id, subject)
      );
      create index verification_mark_by_claim on verification_mark (priority, claimed_until, marked_at)
        where attempts < 8;

      create table verdict (
        chain_id integer not null,
        subject bytea not null,
        seq bigserial not null,
        outcome text not null,
        inputs_digest bytea not null,
        layout_id bytea,
        body json not null,
        explanation json not null,
        evaluated_at timestamptz not null,
        valid_until timestamptz,
        constraint verdict_pk primary key (chain_id, subject, seq)
      );

      create table access_token (
        id text constraint access_token_pk primary key,
        name text not null,
        secret_hash bytea not null,
        scopes text[] not null,
        chain_id integer constraint access_token_chain references chain (id) on delete restrict,
        created_at timestamptz not null default now(),
        expires_at timestamptz not null,
        revoked_at timestamptz
      );
      create index access_token_by_chain on access_token (chain_id);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop table access_token, verdict, verification_mark, subject_watch, image_relation, run_subject, subject_key, subject, run_link, link_key,
        link_artifact, link, layout, chain
    `);
  }
}
