import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { Outcome } from '../verdicts/verdict-body.js';

/** `unchanged`: the same inputs as before. `superseded`: verified meanwhile for another reason. `error`: given up. */
export type ItemResult = 'unchanged' | 'changed' | 'superseded' | 'error';

/** A subject that a replay verifies again. */
@Entity('replay_item')
@Index('replay_item_open', ['replayId', 'chainId', 'claimedUntil'], { where: 'result is null' })
@Index('replay_item_flip', ['replayId', 'flipRank', 'chainId', 'subject'], {
  where: 'flip_rank is not null',
})
export class ReplayItem {
  @PrimaryColumn('bigint')
  replayId!: string;

  @PrimaryColumn('integer')
  chainId!: number;

  @PrimaryColumn('bytea')
  subject!: Buffer;

  /** The verdict that was current when the replay was planned. */
  @Column('bigint')
  verdictSeq!: string;

  @Column('text')
  outcomeBefore!: Outcome;

  /** A worker verifies it until then; `-infinity`: nobody does. */
  @Column('timestamptz', { default: () => "'-infinity'" })
  claimedUntil!: Date;

  @Column('smallint', { default: 0 })
  attempts!: number;

  @Column('text', { nullable: true })
  result!: ItemResult | null;

  @Column('text', { nullable: true })
  outcomeAfter!: Outcome | null;

  /** Null: the outcome is the same. The lowest is what an operator must see first. */
  @Column('smallint', { nullable: true })
  flipRank!: number | null;

  /** Why it was found otherwise: see verdict-cause.ts. */
  @Column('text', { array: true, nullable: true })
  cause!: string[] | null;

  /** Those that came or went with the flip. */
  @Column('json', { nullable: true })
  findings!: Record<string, unknown>[] | null;

  @Column('bytea', { nullable: true })
  inputsDigest!: Buffer | null;

  /** The verdict that counts once the chain is switched. */
  @Column('bigint', { nullable: true })
  stagedSeq!: string | null;

  /** Fingerprints that the staged verdict was found with: `verdict_key` from then on. */
  @Column('bytea', { array: true, nullable: true })
  keys!: Buffer[] | null;

  /** Digests that the subject watches from then on. */
  @Column('bytea', { array: true, nullable: true })
  watch!: Buffer[] | null;
}
