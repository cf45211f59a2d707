import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/**
 * planning → planned (its dry run is under way) → ready → applying → applied. `paused` comes back to where it was;
 * `cancelled` and `failed` are ends.
 */
export const replayStates = [
  'planning',
  'planned',
  'ready',
  'applying',
  'applied',
  'paused',
  'cancelled',
  'failed',
] as const;
export type ReplayState = (typeof replayStates)[number];

/** Which verdicts of the chosen chains are to be found again. All given members must hold. */
export interface ReplayFilter {
  readonly chain?: string | undefined;
  /** Fingerprint of a key that the verdict was found with, hexadecimal. */
  readonly key?: string | undefined;
  /** Id of the layout that it was found by, hexadecimal. */
  readonly layout?: string | undefined;
  /** The digest that it is about, hexadecimal. */
  readonly subject?: string | undefined;
  /** Found at this time or later, ISO 8601. */
  readonly from?: string | undefined;
  /** Found before this time, ISO 8601. */
  readonly to?: string | undefined;
  /** Found by an older engine than this. */
  readonly engineBelow?: number | undefined;
  readonly all?: true | undefined;
}

/** Verifying known subjects again: as a dry run, whose verdicts count only once it is applied. */
@Entity('replay')
@Index('replay_under_way', ['id'], { where: "state in ('planning', 'planned', 'applying')" })
export class Replay {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' })
  id!: string;

  @Column('jsonb')
  filter!: ReplayFilter;

  /** A layout that is not in force, to see what it would change. Such a replay is never applied. */
  @Column('bytea', { nullable: true })
  hypotheticalLayout!: Buffer | null;

  /** False: it is applied by itself when it is ready, if one operator may. */
  @Column('boolean')
  dryRun!: boolean;

  @Column('text')
  reason!: string;

  /** Id of the access token that planned it. */
  @Column('text')
  actor!: string;

  @Column('text', { default: 'planning' })
  state!: ReplayState;

  /** Subjects a second and worker process; null: what the configuration says. */
  @Column('integer', { nullable: true })
  rateLimit!: number | null;

  /** Percent of flips up to which one operator may apply it alone. */
  @Column('integer')
  flipsAlone!: number;

  /** sha256 over everything that it would change, once that is known. */
  @Column('bytea', { nullable: true })
  planDigest!: Buffer | null;

  @Column('text', { nullable: true })
  approvedBy!: string | null;

  @Column('text', { nullable: true })
  appliedBy!: string | null;

  @Column('text', { nullable: true })
  applyReason!: string | null;

  /** The code of what made it fail. */
  @Column('text', { nullable: true })
  error!: string | null;

  @Column('timestamptz', { default: () => 'clock_timestamp()' })
  createdAt!: Date;

  /** When verifying began or was resumed, and how much was done by then: what the rate is reckoned from. */
  @Column('timestamptz', { nullable: true })
  movingSince!: Date | null;

  @Column('integer', { default: 0 })
  doneBefore!: number;

  @Column('timestamptz', { nullable: true })
  endedAt!: Date | null;
}
