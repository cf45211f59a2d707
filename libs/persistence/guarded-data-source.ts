import { DataSource, type ObjectLiteral, type QueryRunner } from 'typeorm';
import { Dependency, isConnectionError } from '#platform/outage.js';

/** A statement may take 30 s on the server; whoever waits longer than this for one is better told to come back. */
const PATIENCE = { milliseconds: 10_000 };

/** The connection pool, behind a breaker: a database that is away, or has fallen silent, makes nobody wait for long. */
export class GuardedDataSource extends DataSource {
  readonly dependency = new Dependency('database', isConnectionError);

  override query<T>(text: string, parameters?: unknown[] | ObjectLiteral, runner?: QueryRunner): Promise<T> {
    const ask = (): Promise<T> => super.query<T>(text, parameters, runner);
    // With a runner it is part of a transaction, which is guarded as a whole.
    return runner ? ask() : this.dependency.use(ask, PATIENCE);
  }
}
