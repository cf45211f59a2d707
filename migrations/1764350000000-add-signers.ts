import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Who said a statement first, and when. Of links that were proven before this was recorded nobody wrote down by whom: the
 * first of them speaks for every signer.
 */
export class AddSigners1764350000000 implements MigrationInterface {
  name = 'AddSigners1764350000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table statement_signer (
        chain_id integer not null,
        statement bytea not null,
        signer bytea not null,
        seq bigint not null,
        received_at timestamptz not null,
        constraint statement_signer_pk primary key (chain_id, statement, signer)
      );

      insert into statement_signer (chain_id, statement, signer, seq, received_at)
      select distinct on (chain_id, statement) chain_id, statement, '', seq, received_at
        from link where proven order by chain_id, statement, seq;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table statement_signer');
  }
}
