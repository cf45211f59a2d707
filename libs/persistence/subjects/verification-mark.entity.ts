import { Column, Entity, Generated, Index, PrimaryColumn } from 'typeorm';

/** Work that somebody waits for goes first; `bulk` is what follows from a change of the chain itself. */
export const Priority = { interactive: 0, bulk: 1 } as const;
export type Priority = (typeof Priority)[keyof typeof Priority];

/** A mark handed out this often without a verdict is dead: it waits for an operator, or for the next event about it. */
export const DEAD_AFTER = 8;

/**
 * The outbox: this subject needs verification. One row a subject, so bursts collapse; each event gives it a
 * generation that no mark ever had, so that a verdict computed before the last event does not clear the mark.
 */
@Entity('verification_mark')
@Index('verification_mark_by_turn', ['priority', 'chainId', 'turn', 'claimedUntil'], {
  where: `attempts < ${DEAD_AFTER}`,
})
@Index('verification_mark_by_principal', ['chainId', 'principal', 'turn'], {
  where: `attempts = 0 and priority = ${Priority.interactive}`,
})
@Index('verification_mark_out', ['priority', 'claimedUntil', 'chainId'], {
  where: `attempts > 0 and attempts < ${DEAD_AFTER}`,
})
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

  @Column('smallint', { default: 0 })
  priority!: Priority;

  /** It may change what is allowed: until it was looked at, no pass is answered. */
  @Column('boolean', { default: true })
  decides!: boolean;

  /** By whose marks its turn was found: the name of a principal; empty: the service itself. */
  @Column('text', { default: '' })
  principal!: string;

  /** Its place among the marks of its chain and priority, the lowest first: see turns.ts. */
  @Column('bigint', { default: 0 })
  turn!: string;

  /** Its place among all that was handed out with it, the lowest first; 0: it was not. */
  @Column('bigint', { default: 0 })
  place!: string;

  /** A relay has handed the mark to the queue; after this time it may be handed out again. `-infinity`: free. */
  @Column('timestamptz', { default: () => "'-infinity'" })
  claimedUntil!: Date;

  /** Times that the mark was handed to the queue since it was set. */
  @Column('integer', { default: 0 })
  attempts!: number;
}
