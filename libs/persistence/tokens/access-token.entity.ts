import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { Chain } from '../chains/chain.entity.js';

/** An access token. Only the hash of its secret is kept. */
@Entity('access_token')
@Index('access_token_by_chain', ['chainId'])
export class AccessToken {
  /** The public half of the token. */
  @PrimaryColumn('text')
  id!: string;

  @Column('text')
  name!: string;

  /** The principal that it belongs to, with others; null: to none but its own, which is called by its id. */
  @Column('text', { nullable: true })
  principal!: string | null;

  @Column('bytea')
  secretHash!: Buffer;

  @Column('text', { array: true })
  scopes!: string[];

  /** Null: every chain. */
  @Column('integer', { nullable: true })
  chainId!: number | null;

  @ManyToOne(() => Chain, { onDelete: 'RESTRICT' })
  @JoinColumn({ name: 'chain_id', foreignKeyConstraintName: 'access_token_chain' })
  chain!: Relation<Chain> | null;

  @Column('timestamptz', { default: () => 'now()' })
  createdAt!: Date;

  @Column('timestamptz')
  expiresAt!: Date;

  @Column('timestamptz', { nullable: true })
  revokedAt!: Date | null;
}
