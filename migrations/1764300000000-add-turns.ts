import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Marks get a place in their chain's order, and say by whom. Marks that wait already, and those of older processes, come first. */
export class AddTurns1764300000000 implements MigrationInterface {
  name = 'AddTurns1764300000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table verification_mark
        add column principal text not null default '',
        add column turn bigint not null default 0,
        add column place bigint not null default 0;

      drop index verification_mark_by_claim;
      create index verification_mark_by_turn on verification_mark (priority, chain_id, turn, claimed_until)
        where attempts < 8;
      create index verification_mark_by_principal on verification_mark (chain_id, principal, turn)
        where attempts = 0 and priority = 0;
      create index verification_mark_out on verification_mark (priority, claimed_until, chain_id)
        where attempts > 0 and attempts < 8;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop index verification_mark_out, verification_mark_by_principal, verification_mark_by_turn;
      create index verification_mark_by_claim on verification_mark (priority, claimed_until, marked_at)
        where attempts < 8;

      alter table verification_mark drop column place, drop column turn, drop column principal;
    `);
  }
}
