import { Entity, PrimaryColumn } from 'typeorm';

/** The links that carry a signature in the name of a key id. */
@Entity('link_key')
export class LinkKey {
  @PrimaryColumn('integer')
  chainId!: number;

  @PrimaryColumn('text')
  keyid!: string;

  /** The link's `seq`. */
  @PrimaryColumn('bigint')
  link!: string;
}
