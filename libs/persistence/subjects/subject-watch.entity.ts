import { Entity, Index, PrimaryColumn } from 'typeorm';

/** A digest whose appearance in a link without a run may change the verdict of a subject whose builds name no run. */
@Entity('subject_watch')
@Index('subject_watch_by_subject', ['chainId', 'subject'])
export class SubjectWatch {
  @PrimaryColumn('integer')
  chainId!: number;

  @PrimaryColumn('bytea')
  digest!: Buffer;

  @PrimaryColumn('bytea')
  subject!: Buffer;
}
