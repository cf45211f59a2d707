import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import type { ChainSettings } from './chain-settings.js';

/** A supply chain: who owns it, and which layout is in force. Every other row belongs to one. */
@Entity('chain')
export class Chain {
  @PrimaryGeneratedColumn('identity', { type: 'integer', generatedIdentity: 'ALWAYS' })
  id!: number;

  @Column('text', { unique: true })
  name!: string;

  /** Public key objects as in-toto writes them; each may sign layouts. */
  @Column('jsonb')
  ownerKeys!: Record<string, unknown>[];

  /** Who holds each of these keys; null where nobody was named, so that each key is an owner by itself. */
  @Column('text', { array: true, nullable: true })
  ownerNames!: string[] | null;

  /** How many distinct owners must sign a layout. */
  @Column('integer')
  ownerThreshold!: number;

  /** See chain-settings.ts. */
  @Column('jsonb', { default: {} })
  settings!: ChainSettings;

  /** sha256 of the layout in force; null until the first is posted. */
  @Column('bytea', { nullable: true })
  activeLayout!: Buffer | null;

  /** seq of the last event that moved the chain's trust. */
  @Column('bigint', { default: 0 })
  trustEpoch!: string;

  @Column('timestamptz', { default: () => 'now()' })
  createdAt!: Date;
}
