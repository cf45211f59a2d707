import { Column, Entity, Generated, Index, PrimaryColumn } from 'typeorm';

/** A change of what a chain trusts, or of how its verdicts were found: who, when and why. Append-only. */
@Entity('trust_event')
@Index('trust_event_by_key', ['chainId', 'fingerprint', 'seq'])
export class TrustEvent {
  @PrimaryColumn('integer')
  chainId!: number;

  @PrimaryColumn('bigint')
  @Generated('increment')
  seq!: string;

  /** See record-event.ts. */
  @Column('text')
  kind!: string;

  /** The key that it is about, if it is about one. */
  @Column('bytea', { nullable: true })
  fingerprint!: Buffer | null;

  @Column('jsonb', { default: {} })
  body!: Record<string, unknown>;

  /** Id of the access token that did it. */
  @Column('text')
  actor!: string;

  @Column('text', { default: '' })
  reason!: string;

  @Column('timestamptz', { default: () => 'clock_timestamp()' })
  recordedAt!: Date;
}
