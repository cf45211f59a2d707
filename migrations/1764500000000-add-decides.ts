import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Marks say whether a pass has to wait for them. What older processes mark, it waits for. */
export class AddDecides1764500000000 implements MigrationInterface {
  name = 'AddDecides1764500000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table verification_mark add column decides boolean not null default true');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table verification_mark drop column decides');
  }
}
