import { Entity, PrimaryColumn } from 'typeorm';

export const Side = { material: 0, product: 1 } as const;

/**
 * What a link is found by: each sha256 among its materials and products, once. No foreign key: the rows are written in
 * the link's own transaction, and checking tens of thousands of them against `link` would double the cost of an upload.
 */
@Entity('link_artifact')
export class LinkArtifact {
  @PrimaryColumn('integer')
  chainId!: number;

  @PrimaryColumn('bytea')
  digest!: Buffer;

  /** One of `Side`. */
  @PrimaryColumn('smallint')
  side!: number;

  @PrimaryColumn('bytea')
  linkId!: Buffer;
}
