import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Who owns the chain, by version. The newest is in force, and stands in `chain` too. */
@Entity('trust_root')
export class TrustRoot {
  @PrimaryColumn('integer')
  chainId!: number;

  @PrimaryColumn('integer')
  version!: number;

  /** sha256 of the signed bytes; null for the first, which is fixed at creation. */
  @Column('bytea', { nullable: true })
  id!: Buffer | null;

  /** `[{owner, key}]`. */
  @Column('jsonb')
  owners!: Record<string, unknown>[];

  /** How many distinct owners sign a layout, and the next root. */
  @Column('integer')
  threshold!: number;

  @Column('timestamptz', { default: () => 'now()' })
  acceptedAt!: Date;
}
