import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A layout file that was in force once. Immutable; its bytes are a blob under the same id. */
@Entity('layout')
@Index('layout_by_version', ['chainId', 'version'])
export class LayoutRow {
  @PrimaryColumn('integer')
  chainId!: number;

  /** sha256 of the stored bytes. */
  @PrimaryColumn('bytea')
  id!: Buffer;

  /** sha256 of what the signatures cover: the same whatever spaces surround it. */
  @Column('bytea')
  statement!: Buffer;

  /** 1, 2, 3 … in the order of activation. Files that differ in their signatures alone have the same. */
  @Column('integer')
  version!: number;

  @Column('timestamptz')
  expiresAt!: Date;

  @Column('timestamptz', { default: () => 'now()' })
  receivedAt!: Date;
}
