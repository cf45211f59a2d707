import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A principal declared that a run explains a subject. */
@Entity('declaration')
export class Declaration {
  @PrimaryColumn('integer')
  chainId!: number;

  @PrimaryColumn('text')
  run!: string;

  @PrimaryColumn('text')
  principal!: string;

  @PrimaryColumn('bytea')
  subject!: Buffer;

  @Column('text')
  token!: string;

  /** When it did so first. */
  @Column('timestamptz')
  declaredAt!: Date;
}
