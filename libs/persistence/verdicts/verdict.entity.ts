import { Column, Entity, Generated, Index, PrimaryColumn } from 'typeorm';

/** The result for a subject. Append-only; which row is the current one, newest-that-counts.ts says. */
@Entity('verdict')
@Index('verdict_unsaid', ['chainId', 'subject'], { where: 'relies_on is null' })
export class VerdictRow {
  @PrimaryColumn('integer')
  chainId!: number;

  @PrimaryColumn('bytea')
  subject!: Buffer;

  @PrimaryColumn('bigint')
  @Generated('increment')
  seq!: string;

  @Column('text')
  outcome!: 'pass' | 'fail' | 'pending';

  /** sha256 over everything the outcome follows from. Equal inputs give no new row. */
  @Column('bytea')
  inputsDigest!: Buffer;

  /** The layout judged by; null when the chain had none. */
  @Column('bytea', { nullable: true })
  layoutId!: Buffer | null;

  /** Findings, missing steps and evidence, as the query API answers them. `json`, not `jsonb`: members keep their order. */
  @Column('json')
  body!: Record<string, unknown>;

  /** Steps, links chosen and rejected, what ties them: how the outcome came about. */
  @Column('json')
  explanation!: Record<string, unknown>;

  @Column('timestamptz')
  evaluatedAt!: Date;

  /** After this time the outcome no longer allows anything. */
  @Column('timestamptz', { nullable: true })
  validUntil!: Date | null;

  /** See verdict-basis.ts: `MetSignature[]`. Null: found by a build that did not say. */
  @Column('json', { nullable: true })
  reliesOn!: Record<string, unknown>[] | null;

  /** The replay that found it; it counts from when that replay is applied. Null: it counts at once. */
  @Column('bigint', { nullable: true })
  replayId!: string | null;

  /** Null: stored by a build that did not say. */
  @Column('timestamptz', { nullable: true, default: () => 'clock_timestamp()' })
  storedAt!: Date | null;

  /** See verdict-basis.ts: `VerdictBasis`. */
  @Column('json', { nullable: true })
  basis!: Record<string, unknown> | null;

  /** See verdict-cause.ts. */
  @Column('text', { array: true, nullable: true })
  cause!: string[] | null;
}
