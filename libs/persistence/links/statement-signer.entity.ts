import { Column, Entity, PrimaryColumn } from 'typeorm';

/** In place of a signer: whoever it was that had validly signed, before that was recorded. */
export const WHOEVER = Buffer.alloc(0);

/**
 * When somebody who may sign it first said so: the first file with a valid signature of the signer over the statement.
 * Without such a signature nobody gets a row, so forged copies give a statement no time.
 */
@Entity('statement_signer')
export class StatementSigner {
  @PrimaryColumn('integer')
  chainId!: number;

  /** sha256 of what the signatures cover. */
  @PrimaryColumn('bytea')
  statement!: Buffer;

  /** Fingerprint of the key; empty: `WHOEVER`. */
  @PrimaryColumn('bytea')
  signer!: Buffer;

  /** The file's. */
  @Column('bigint')
  seq!: string;

  @Column('timestamptz')
  receivedAt!: Date;
}
