import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What a token has posted in a day; the newest day only. Without daily quotas nothing is written. */
@Entity('token_usage')
export class TokenUsage {
  @PrimaryColumn('text')
  tokenId!: string;

  /** In UTC. */
  @Column('date')
  day!: string;

  @Column('bigint')
  links!: string;

  @Column('bigint')
  bytes!: string;
}
