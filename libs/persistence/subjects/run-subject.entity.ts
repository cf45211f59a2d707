import { Column, Entity, Generated, Index, PrimaryColumn } from 'typeorm';

/** The subjects that a run may explain: some link of it has an anchoring product, or its CI declared the subject. */
@Entity('run_subject')
@Index('run_subject_by_subject', ['chainId', 'subject', 'related'])
export class RunSubject {
  @PrimaryColumn('integer')
  chainId!: number;

  @PrimaryColumn('text')
  run!: string;

  @PrimaryColumn('bytea')
  subject!: Buffer;

  /** Order in which they were related; of a subject with many runs the newest are looked at. */
  @Column('bigint')
  @Generated('increment')
  related!: string;
}
