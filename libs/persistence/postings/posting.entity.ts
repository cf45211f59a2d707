import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** In the place of a run: the link was posted without one. No run can be called so. */
export const WITHOUT_RUN = '';

/**
 * A principal posted a link, to a run or without one. `run_link` has the same link in the run of that name once, whoever
 * posted it: a link that it has and nobody here was posted before posters were recorded.
 */
@Entity('posting')
@Index('posting_by_link', ['chainId', 'link'])
export class PostingRow {
  @PrimaryColumn('integer')
  chainId!: number;

  /** Or `WITHOUT_RUN`. */
  @PrimaryColumn('text')
  run!: string;

  @PrimaryColumn('text')
  principal!: string;

  /** The link's `seq`. */
  @PrimaryColumn('bigint')
  link!: string;

  /** The token of the principal by which it got the attempt that it has. */
  @Column('text')
  token!: string;

  /** The highest that the principal gave; 1 without a run. */
  @Column('integer')
  attempt!: number;

  /** Its place among all that joined runs, counted together with `run_link`; null: without a run. */
  @Column('bigint', { nullable: true })
  joined!: string | null;

  /** When the principal posted it there first. */
  @Column('timestamptz')
  postedAt!: Date;
}
