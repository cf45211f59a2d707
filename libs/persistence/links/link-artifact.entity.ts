import { Entity, PrimaryColumn } from 'typeorm';

/**
 * Bits of `kind`. A tied link belongs to no run and was proven when it arrived: only such links are looked for along
 * MATCH edges, so neither the links of other runs nor a flood of forged ones can get in the way.
 */
export const Kind = { product: 1, tied: 2 } as const;

/**
 * What a link is found by: each sha256 among its materials and products, once. The key is the whole row, so that every
 * search is answered by the index alone. No foreign key: the rows are written in the link's own transaction, and
 * checking tens of thousands of them against `link` would double the cost of an upload.
 */
@Entity('link_artifact')
export class LinkArtifact {
  @PrimaryColumn('integer')
  chainId!: number;

  @PrimaryColumn('bytea')
  digest!: Buffer;

  @PrimaryColumn('smallint')
  kind!: number;

  @PrimaryColumn('text')
  step!: string;

  /** The link's `seq`. */
  @PrimaryColumn('bigint')
  link!: string;
}
