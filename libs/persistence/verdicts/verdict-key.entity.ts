import { Entity, Index, PrimaryColumn } from 'typeorm';

/** A key that a subject's current verdict was found with: its links or its layout were signed by it, counted or not. */
@Entity('verdict_key')
@Index('verdict_key_by_subject', ['chainId', 'subject'])
export class VerdictKey {
  @PrimaryColumn('integer')
  chainId!: number;

  @PrimaryColumn('bytea')
  fingerprint!: Buffer;

  @PrimaryColumn('bytea')
  subject!: Buffer;
}
