import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/**
 * What an uploaded image manifest or index says by its own content: an index covers the manifests it lists, a config
 * covers the manifest that names it. Whatever anchors the covering digest speaks of the covered one too.
 */
@Entity('image_relation')
@Index('image_relation_by_covering', ['chainId', 'covering'])
export class ImageRelation {
  @PrimaryColumn('integer')
  chainId!: number;

  @PrimaryColumn('bytea')
  covered!: Buffer;

  @PrimaryColumn('bytea')
  covering!: Buffer;

  @Column('text')
  kind!: 'index' | 'config';
}
