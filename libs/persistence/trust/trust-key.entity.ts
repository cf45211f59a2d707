import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A key that the chain has known, as functionary's or owner's. Never removed. */
@Entity('trust_key')
export class TrustKey {
  @PrimaryColumn('integer')
  chainId!: number;

  /** sha256 of the canonical SubjectPublicKeyInfo. */
  @PrimaryColumn('bytea')
  fingerprint!: Buffer;

  /** The public key as in-toto writes it. */
  @Column('jsonb')
  key!: Record<string, unknown>;

  /** Ids under which clients name it. */
  @Column('text', { array: true })
  keyids!: string[];

  @Column('text')
  algorithm!: string;

  /** The person or system that holds it. */
  @Column('text')
  owner!: string;

  @Column('timestamptz', { nullable: true })
  notBefore!: Date | null;

  @Column('timestamptz', { nullable: true })
  notAfter!: Date | null;

  /** The events that limit it, out of `trust_event`, so that one row says whether a signature counts. */
  @Column('jsonb', { default: [] })
  changes!: Record<string, unknown>[];

  @Column('timestamptz', { default: () => 'now()' })
  registeredAt!: Date;
}
