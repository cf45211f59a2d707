import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What was not looked at is not allowed. Marks say whether a pass has to wait for them; what older processes mark, it waits
 * for. Subjects say whether links were left out as they became known; of those that are known nobody wrote it down.
 */
export class AddUnseen1764500000000 implements MigrationInterface {
  name = 'AddUnseen1764500000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table verification_mark add column decides boolean not null default true;
      alter table subject add column anchors_left_out boolean not null default false;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table subject drop column anchors_left_out;
      alter table verification_mark drop column decides;
    `);
  }
}
