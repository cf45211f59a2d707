import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Trust roots by version, the register of keys, the events of both, and what verdicts rely on. Only additions. */
export class AddTrustOverTime1764000000000 implements MigrationInterface {
  name = 'AddTrustOverTime1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table trust_event (
        chain_id integer not null,
        seq bigserial not null,
        kind text not null,
        fingerprint bytea,
        body jsonb not null default '{}',
        actor text not null,
        reason text not null default '',
        recorded_at timestamptz not null default clock_timestamp(),
        constraint trust_event_pk primary key (chain_id, seq)
      );
      create index trust_event_by_key on trust_event (chain_id, fingerprint, seq);

      create function refuse_change() returns trigger language plpgsql as $$
      begin
        raise exception '% is append-only', tg_table_name;
      end $$;
      create trigger trust_event_append_only before update or delete or truncate on trust_event
        for each statement execute function refuse_change();

      create table trust_key (
        chain_id integer not null,
        fingerprint bytea not null,
        key jsonb not null,
        keyids text[] not null,
        algorithm text not null,
        owner text not null,
        not_before timestamptz,
        not_after timestamptz,
        changes jsonb not null default '[]',
        registered_at timestamptz not null default now(),
        constraint trust_key_pk primary key (chain_id, fingerprint)
      );

      create table trust_root (
        chain_id integer not null,
        version integer not null,
        id bytea,
        owners jsonb not null,
        threshold integer not null,
        accepted_at timestamptz not null default now(),
        constraint trust_root_pk primary key (chain_id, version)
      );

      alter table chain add column trust_epoch bigint not null default 0;
      alter table chain add column owner_names text[];

      drop index layout_by_version;
      create index layout_by_version on layout (chain_id, version);

      alter table verdict add column relies_on json;
      alter table verdict add column replay_id bigint;

      create table verdict_key (
        chain_id integer not null,
        fingerprint bytea not null,
        subject bytea not null,
        constraint verdict_key_pk primary key (chain_id, fingerprint, subject)
      );
      create index verdict_key_by_subject on verdict_key (chain_id, subject);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop table verdict_key, trust_root, trust_key, trust_event;
      drop function refuse_change;
      alter table verdict drop column relies_on, drop column replay_id;
      alter table chain drop column trust_epoch, drop column owner_names;
      delete from layout older using layout newer
       where older.chain_id = newer.chain_id and older.version = newer.version
         and (older.received_at, older.id) < (newer.received_at, newer.id);
      drop index layout_by_version;
      create unique index layout_by_version on layout (chain_id, version);
    `);
  }
}
