import { Entity, PrimaryColumn } from 'typeorm';

/** The product hashes that anchor a subject: its own digest, and those of the files that hold the digest as text. */
@Entity('subject_key')
export class SubjectKey {
  @PrimaryColumn('integer')
  chainId!: number;

  @PrimaryColumn('bytea')
  productDigest!: Buffer;

  @PrimaryColumn('bytea')
  subject!: Buffer;
}
