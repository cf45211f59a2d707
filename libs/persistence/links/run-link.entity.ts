import { Column, Entity, Generated, Index, PrimaryColumn } from 'typeorm';

/** Membership of a link in a run: the run plays the part of in-toto's link directory. */
@Entity('run_link')
@Index('run_link_by_link', ['chainId', 'link'])
export class RunLink {
  @PrimaryColumn('integer')
  chainId!: number;

  @PrimaryColumn('text')
  run!: string;

  /** The link's `seq`. */
  @PrimaryColumn('bigint')
  link!: string;

  /** Order in which links joined runs. */
  @Column('bigint')
  @Generated('increment')
  seq!: string;

  /** 1, 2, 3 … as CI repeats a job; the newest attempt at a step replaces the older ones. */
  @Column('integer')
  attempt!: number;

  @Column('timestamptz', { default: () => 'now()' })
  joinedAt!: Date;
}
