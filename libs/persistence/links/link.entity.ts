import { Column, Entity, Generated, Index, PrimaryColumn } from 'typeorm';

/** A stored link. Immutable; its bytes are a blob under the same id. */
@Entity('link')
@Index('link_by_arrival', ['chainId', 'seq'], { unique: true })
@Index('link_by_step', ['chainId', 'step', 'seq'])
@Index('link_by_statement', ['chainId', 'statement', 'seq'])
export class LinkRow {
  @PrimaryColumn('integer')
  chainId!: number;

  /** sha256 of the stored bytes. */
  @PrimaryColumn('bytea')
  id!: Buffer;

  /**
   * sha256 of what the signatures cover. Who writes the same signed content in other bytes makes another file, and no new
   * evidence: its age and its place among others are those of the first file that said so.
   */
  @Column('bytea')
  statement!: Buffer;

  /** Order of arrival; the cursor of listings. */
  @Column('bigint')
  @Generated('increment')
  seq!: string;

  @Column('text')
  step!: string;

  @Column('text')
  container!: 'metablock' | 'dsse';

  /** Key ids that the signatures name, as written. Unproven until a verification checks them. */
  @Column('text', { array: true })
  keyids!: string[];

  @Column('integer')
  size!: number;

  /** When it arrived, a functionary of its step by the layout then in force had validly signed it. */
  @Column('boolean')
  proven!: boolean;

  /** It was posted without a run at least once, so that it may be evidence of builds that name none. */
  @Column('boolean')
  loose!: boolean;

  @Column('timestamptz', { default: () => 'now()' })
  receivedAt!: Date;

  /** Who posted the file first; empty: that was not recorded then (`UNRECORDED`). */
  @Column('text', { default: '' })
  principal!: string;

  /** The token by which that principal did. */
  @Column('text', { default: '' })
  token!: string;
}
