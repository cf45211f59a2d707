import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What each token has posted today, for daily quotas. A new table only: the version before does not know of it. */
export class AddTokenUsage1764200000000 implements MigrationInterface {
  name = 'AddTokenUsage1764200000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table token_usage (
        token_id text not null,
        day date not null,
        links bigint not null,
        bytes bigint not null,
        constraint token_usage_pkey primary key (token_id)
      )
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table token_usage');
  }
}
