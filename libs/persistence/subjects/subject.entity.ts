import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A digest whose verdict is kept up to date, since CI declared it or somebody asked for it. */
@Entity('subject')
export class Subject {
  @PrimaryColumn('integer')
  chainId!: number;

  /** The 32 bytes of the sha256. */
  @PrimaryColumn('bytea')
  digest!: Buffer;

  @Column('timestamptz', { default: () => 'now()' })
  knownSince!: Date;

  /** When it became known, so many links anchored it that some were not related to their runs: it passes by none. */
  @Column('boolean', { default: false })
  anchorsLeftOut!: boolean;
}
