import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A principal posted an image manifest or index. */
@Entity('image_posting')
export class ImagePosting {
  @PrimaryColumn('integer')
  chainId!: number;

  /** sha256 of the posted bytes. */
  @PrimaryColumn('bytea')
  digest!: Buffer;

  @PrimaryColumn('text')
  principal!: string;

  @Column('text')
  token!: string;

  /** When it did so first. */
  @Column('timestamptz')
  postedAt!: Date;
}
