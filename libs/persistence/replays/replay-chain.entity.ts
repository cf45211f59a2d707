import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A replay's part in one chain: what the chain trusted when it was planned, how far it is, and from when it counts. */
@Entity('replay_chain')
export class ReplayChain {
  @PrimaryColumn('bigint')
  replayId!: string;

  @PrimaryColumn('integer')
  chainId!: number;

  @Column('timestamptz', { nullable: true })
  plannedAt!: Date | null;

  @Column('bigint', { nullable: true })
  trustEpoch!: string | null;

  @Column('bytea', { nullable: true })
  activeLayout!: Buffer | null;

  @Column('integer', { default: 0 })
  total!: number;

  @Column('integer', { default: 0 })
  done!: number;

  /** Found from other inputs than before; some of them flipped. */
  @Column('integer', { default: 0 })
  changed!: number;

  @Column('integer', { default: 0 })
  flips!: number;

  /** Verified meanwhile for another reason: that verdict stays. */
  @Column('integer', { default: 0 })
  superseded!: number;

  @Column('integer', { default: 0 })
  errors!: number;

  /** From then on the verdicts that the replay found in this chain count. */
  @Column('timestamptz', { nullable: true })
  switchedAt!: Date | null;
}
