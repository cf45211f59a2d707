import { join } from 'node:path';
import { type Program, runProgram, startProgram } from '../../support/program.js';
import { startRedis } from '../../support/redis.js';
import { metricOf, prepare, type ReadyService, scraped, withProgram, withScratch } from '../service.js';

/** One that is measured: `url` of its service takes links, `queryUrl` answers for verdicts. */
export interface Installation {
  readonly service: ReadyService;
  readonly queryUrl: string;
  /** Of all its processes so far, without the database's and Redis's. */
  cpuSeconds(): Promise<number>;
}

export type WithInstallation = (
  databaseUrl: string,
  work: (installation: Installation) => Promise<void>,
) => Promise<void>;

/** All in one, as built below the folder. */
export const oneProcessOf =
  (folder: string): WithInstallation =>
  (databaseUrl, work) =>
    withProgram(
      { DATABASE_URL: databaseUrl },
      (service) => work({ service, queryUrl: service.url, cpuSeconds: () => cpuSecondsOf(service.url) }),
      folder,
    );

/** By what is written before a row. */
export const installations: Record<string, WithInstallation> = {
  'one process': oneProcessOf('.'),
  'three and Redis': (databaseUrl, work) =>
    withScratch(async (scratch) => {
      const redis = await startRedis();
      const environment = {
        DATABASE_URL: databaseUrl,
        REDIS_URL: redis.url,
        CUSTODY_DATA_DIR: join(scratch, 'data'),
        CUSTODY_LOG_LEVEL: 'warn',
        ...scraped,
      };
      const programs: Program[] = [];
      try {
        await runProgram('migrate', environment);
        const scopes = ['--scope', 'ingest', 'read', 'operate'];
        const token = await runProgram('token', environment, ['create', '--name', 'operator', ...scopes]);
        for (const name of ['ingest-api', 'query-api', 'verify-worker']) {
          programs.push(await startProgram(name, environment));
        }
        const [ingest = '', query = '', worker = ''] = programs.map(({ url }) => url);
        const service = await prepare(ingest, /custody_\w+/.exec(token)?.[0] ?? '');
        const cpuSeconds = async (): Promise<number> => {
          const seconds = await Promise.all([ingest, query, worker].map(cpuSecondsOf));
          return seconds.reduce((sum, each) => sum + each);
        };
        await work({ service, queryUrl: query, cpuSeconds });
      } finally {
        await Promise.all(programs.map((program) => program.end('SIGTERM')));
        await redis.stop();
      }
    }),
};

function cpuSecondsOf(url: string): Promise<number> {
  return metricOf(url, 'process_cpu_seconds_total');
}
