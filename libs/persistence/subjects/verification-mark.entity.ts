import { Column, Entity, Generated, Index, PrimaryColumn } from 'typeorm';

/**
 * The outbox: this subject needs verification. One row a subject, so bursts collapse; each event gives it a
 * generation that no mark ever had, so that a verdict computed before the last event does not clear the mark.
 */
@Entity('verification_mark')
@Index('verification_mark_by_claim', ['claimedUntil', 'markedAt'])
export class VerificationMark {
  @PrimaryColumn('integer')
  chainId!: number;

  @PrimaryColumn('bytea')
  subject!: Buffer;

  @Column('bigint')
  @Generated('increment')
  generation!: string;

  @Column('timestamptz', { default: () => 'now()' })
  markedAt!: Date;

  /** A relay has handed the mark to the queue; after this time it may be handed out again. `-infinity`: free. */
  @Column('timestamptz', { default: () => "'-infinity'" })
  claimedUntil!: Date;

  /** Times that the mark was handed to the queue since it was set. */
  @Column('integer', { default: 0 })
  attempts!: number;
}
