import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When each verdict was stored, by which rules it was found, and why. Only additions: old rows have none of it. */
export class AddVerdictBasis1764050000000 implements MigrationInterface {
  name = 'AddVerdictBasis1764050000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table verdict add column stored_at timestamptz;
      alter table verdict alter column stored_at set default clock_timestamp();
      alter table verdict add column basis json;
      alter table verdict add column cause text[];
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table verdict drop column stored_at, drop column basis, drop column cause');
  }
}
