import { Column, Entity, Generated, Index, PrimaryColumn } from 'typeorm';

/** A part of what touches more subjects than one transaction marks: they are marked by the relay, a part at a time. */
@Entity('wide_touch')
@Index('wide_touch_by_run', ['chainId', 'run'], { where: 'products is null' })
export class WideTouchRow {
  @PrimaryColumn('integer')
  chainId!: number;

  @PrimaryColumn('bigint')
  @Generated('increment')
  id!: string;

  /** Null: a link without a run. */
  @Column('text', { nullable: true })
  run!: string | null;

  /** In whose turn they are marked. */
  @Column('text')
  principal!: string;

  /** As marks have it. While it stands, the chain passes nothing. */
  @Column('boolean')
  decides!: boolean;

  /** Digests of products, 32 bytes each: what they anchor is touched. Null: every subject of the run is. */
  @Column('bytea', { nullable: true })
  products!: Buffer | null;

  /** Of a whole run: the subjects up to this one are marked. Null: none is yet. */
  @Column('bytea', { nullable: true })
  after!: Buffer | null;
}
