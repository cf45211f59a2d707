import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Replays: what was planned, what became of each subject, and from when it counts. Only additions. */
export class AddReplays1764100000000 implements MigrationInterface {
  name = 'AddReplays1764100000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table replay (
        id bigint generated always as identity constraint replay_pk primary key,
        filter jsonb not null,
        hypothetical_layout bytea,
        dry_run boolean not null,
        reason text not null,
        actor text not null,
        state text not null default 'planning',
        rate_limit integer,
        flips_alone integer not null,
        plan_digest bytea,
        approved_by text,
        applied_by text,
        apply_reason text,
        error text,
        created_at timestamptz not null default clock_timestamp(),
        moving_since timestamptz,
        done_before integer not null default 0,
        ended_at timestamptz
      );
      create index replay_under_way on replay (id) where state in ('planning', 'planned', 'applying');

      create table replay_chain (
        replay_id bigint not null,
        chain_id integer not null,
        planned_at timestamptz,
        trust_epoch bigint,
        active_layout bytea,
        total integer not null default 0,
        done integer not null default 0,
        changed integer not null default 0,
        flips integer not null default 0,
        superseded integer not null default 0,
        errors integer not null default 0,
        switched_at timestamptz,
        constraint replay_chain_pk primary key (replay_id, chain_id)
      );

      create table replay_item (
        replay_id bigint not null,
        chain_id integer not null,
        subject bytea not null,
        verdict_seq bigint not null,
        outcome_before text not null,
        claimed_until timestamptz not null default '-infinity',
        attempts smallint not null default 0,
        result text,
        outcome_after text,
        flip_rank smallint,
        cause text[],
        findings json,
        inputs_digest bytea,
        staged_seq bigint,
        keys bytea[],
        watch bytea[],
        constraint replay_item_pk primary key (replay_id, chain_id, subject)
      );
      create index replay_item_open on replay_item (replay_id, chain_id, claimed_until) where result is null;
      create index replay_item_flip on replay_item (replay_id, flip_rank, chain_id, subject) where flip_rank is not null;

      create index verdict_unsaid on verdict (chain_id, subject) where relies_on is null;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop index verdict_unsaid;
      drop table replay_item, replay_chain, replay;
    `);
  }
}
