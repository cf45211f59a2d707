import type { DataSource, DataSourceOptions } from 'typeorm';
import { migrations } from '../../migrations/index.js';
import { Chain } from './chains/chain.entity.js';
import { DatabaseClient } from './database-client.js';
import { GuardedDataSource } from './guarded-data-source.js';
import { LayoutRow } from './layouts/layout.entity.js';
import { LinkRow } from './links/link.entity.js';
import { LinkArtifact } from './links/link-artifact.entity.js';
import { LinkKey } from './links/link-key.entity.js';
import { RunLink } from './links/run-link.entity.js';
import { StatementSigner } from './links/statement-signer.entity.js';
import { Declaration } from './postings/declaration.entity.js';
import { ImagePosting } from './postings/image-posting.entity.js';
import { PostingRow } from './postings/posting.entity.js';
import { Replay } from './replays/replay.entity.js';
import { ReplayChain } from './replays/replay-chain.entity.js';
import { ReplayItem } from './replays/replay-item.entity.js';
import { SnakeCaseNames } from './snake-case.js';
import { ImageRelation } from './subjects/image-relation.entity.js';
import { RunSubject } from './subjects/run-subject.entity.js';
import { Subject } from './subjects/subject.entity.js';
import { SubjectKey } from './subjects/subject-key.entity.js';
import { SubjectWatch } from './subjects/subject-watch.entity.js';
import { VerificationMark } from './subjects/verification-mark.entity.js';
import { WideTouchRow } from './subjects/wide-touch.entity.js';
import { AccessToken } from './tokens/access-token.entity.js';
import { TokenUsage } from './tokens/token-usage.entity.js';
import { TrustEvent } from './trust/trust-event.entity.js';
import { TrustKey } from './trust/trust-key.entity.js';
import { TrustRoot } from './trust/trust-root.entity.js';
import { VerdictRow } from './verdicts/verdict.entity.js';
import { VerdictKey } from './verdicts/verdict-key.entity.js';

export const entities = [
  Chain,
  LayoutRow,
  LinkRow,
  LinkArtifact,
  LinkKey,
  StatementSigner,
  RunLink,
  PostingRow,
  Declaration,
  ImagePosting,
  Subject,
  SubjectKey,
  RunSubject,
  ImageRelation,
  SubjectWatch,
  VerificationMark,
  WideTouchRow,
  VerdictRow,
  VerdictKey,
  TrustEvent,
  TrustKey,
  TrustRoot,
  Replay,
  ReplayChain,
  ReplayItem,
  AccessToken,
  TokenUsage,
];

/**
 * By itself PostgreSQL plans a prepared statement anew at each use where its values promise a cheaper plan. In a large
 * store they always do, by a little, and planning takes several times as long as what it would save. And a plan that was
 * made while a table was small reads all of it, until the rows are counted again. Here every statement has an index that
 * it is made for.
 */
const PLANS = '-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_bitmapscan=off';

/** How this code talks to PostgreSQL. The schema is what the migrations make it, never `synchronize`. */
export function dataSourceOptions(url: string, poolSize = 10): DataSourceOptions {
  return {
    type: 'postgres',
    url,
    entities,
    migrations,
    migrationsTableName: 'migration',
    migrationsTransactionMode: 'each',
    namingStrategy: new SnakeCaseNames(),
    synchronize: false,
    poolSize,
    connectTimeoutMS: 5_000,
    applicationName: 'custody',
    extra: {
      Client: DatabaseClient,
      keepAlive: true,
      statement_timeout: 30_000,
      idle_in_transaction_session_timeout: 30_000,
      options: PLANS,
    },
  };
}

export function createDataSource(url: string, poolSize?: number): DataSource {
  return new GuardedDataSource(dataSourceOptions(url, poolSize));
}
