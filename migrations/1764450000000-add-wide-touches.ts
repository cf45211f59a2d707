import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What touches more subjects than one transaction marks. A new table only: the version before does not know of it, and its
 * relays leave the rows to those of this one.
 */
export class AddWideTouches1764450000000 implements MigrationInterface {
  name = 'AddWideTouches1764450000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table wide_touch (
        chain_id integer not null,
        id bigserial not null,
        run text,
        principal text not null,
        products bytea,
        after bytea,
        constraint wide_touch_pkey primary key (chain_id, id)
      );
      create index wide_touch_by_run on wide_touch (chain_id, run) where products is null;
      alter table wide_touch alter column products set storage external
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table wide_touch');
  }
}
