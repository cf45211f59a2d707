import { Column, Entity, Generated, Index, PrimaryColumn } from 'typeorm';

/** Membership of a link in a run: the run plays the part of in-toto's link directory. */
@Entity('run_link')
@Index('run_link_by_link', ['chainId', 'linkId'])
export class RunLink {
  @PrimaryColumn('integer')
  chainId!: number;

  @PrimaryColumn('text')
  run!: string;

  @PrimaryColumn('bytea')
  linkId!: Buffer;

  /** Order in which links joined runs; the newest link of a step and key stands for it. */
  @Column('bigint')
  @Generated('increment')
  seq!: string;

  @Column('timestamptz', { default: () => 'now()' })
  joinedAt!: Date;
}
