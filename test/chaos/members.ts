import { appendFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type EmbeddedPostgres, launchPostgres } from '#platform/postgres/launch.js';
import { runProgram } from '../support/program.js';
import { startRedis } from '../support/redis.js';
import { startS3 } from '../support/s3.js';
import { freePort, type ServerProcess, startServerProcess } from '../support/server-process.js';
import { startTcpGate } from '../support/tcp-gate.js';
import { type FaultProxy, startFaultProxy } from './fault-proxy.js';

const PROCESSES = ['ingest-api', 'query-api', 'worker-1', 'worker-2'] as const;
type ProcessName = (typeof PROCESSES)[number];
export type Member = ProcessName | 'postgres' | 'redis' | 's3';

/** The distributed shape on real servers, each of which can be killed, stopped and started again where it was. */
export interface Installation {
  readonly members: Readonly<Record<Member, ServerProcess>>;
  readonly redis: Awaited<ReturnType<typeof startRedis>>;
  /** Between the processes and the S3 server. */
  readonly proxy: FaultProxy;
  readonly environment: Readonly<Record<string, string>>;
  readonly urls: Readonly<Record<ProcessName, string>>;
  /** An operator's. */
  readonly token: string;
  stop(): Promise<void>;
}

/** Logs of the processes go to `<scratch>/<member>.log`. */
export async function install(scratch: string): Promise<Installation> {
  const [postgres, redis, s3] = await Promise.all([
    startPostgres(join(scratch, 'postgres')),
    startRedis(),
    startS3(),
  ]);
  const proxy = await startFaultProxy(s3.endpoint);
  const environment = {
    DATABASE_URL: postgres.url,
    REDIS_URL: redis.url,
    CUSTODY_S3_BUCKET: 'custody',
    CUSTODY_S3_ENDPOINT: proxy.endpoint,
    CUSTODY_S3_ACCESS_KEY_ID: s3.accessKeyId,
    CUSTODY_S3_SECRET_ACCESS_KEY: s3.secretAccessKey,
    CUSTODY_LOG_LEVEL: 'warn',
  };
  await runProgram('migrate', environment);
  const scopes = ['--scope', 'ingest', 'read', 'operate'];
  const shown = await runProgram('token', environment, ['create', '--name', 'chaos', ...scopes]);

  const started = await Promise.all(
    PROCESSES.map(async (name) => [name, await startProcess(name, environment, scratch)] as const),
  );
  const processes = Object.fromEntries(started) as Record<ProcessName, Process>;
  return {
    members: { ...processes, postgres, redis, s3 },
    redis,
    proxy,
    environment,
    urls: Object.fromEntries(started.map(([name, { url }]) => [name, url])) as Record<ProcessName, string>,
    token: /custody_\w+/.exec(shown)?.[0] ?? '',
    stop: async () => {
      await Promise.all(started.map(([, process]) => process.stop()));
      await proxy.stop();
      await Promise.all([postgres.stop(), redis.stop(), s3.stop()]);
      await postgres.close();
    },
  };
}

type Process = ServerProcess & { readonly url: string };

/** One of our programs on a port of its own, and its supervisor: a start that fails is tried again. */
async function startProcess(
  name: ProcessName,
  environment: Record<string, string>,
  scratch: string,
): Promise<Process> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const program = name.replace(/^worker-\d$/, 'verify-worker');
  const server = await startServerProcess({
    command: process.execPath,
    args: [`dist/apps/${program}/main.js`],
    env: { PATH: process.env.PATH, ...environment, CUSTODY_HOST: '127.0.0.1', CUSTODY_PORT: String(port) },
    isReady: async () => (await fetch(`${url}/healthz`)).ok,
    onOutput: (text) => appendFileSync(join(scratch, `${name}.log`), text),
  });
  return {
    ...server,
    url,
    restart: async () => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await server.restart();
        } catch (error) {
          if (attempt === STARTS) throw error;
          await sleep(500);
        }
      }
    },
  };
}

const STARTS = 20;

/** PostgreSQL behind a gate: it comes back on another port, and a gate that is shut is what a stopped server looks like. */
async function startPostgres(
  dataDir: string,
): Promise<ServerProcess & { readonly url: string; close(): Promise<void> }> {
  await mkdir(dataDir, { recursive: true });
  const launch = async (): Promise<EmbeddedPostgres> => {
    const launched = await launchPostgres({ dataDir });
    running = true;
    void launched.exited.then(() => {
      running = false;
    });
    return launched;
  };
  let running = false;
  let server = await launch();
  const gate = await startTcpGate(server.url);
  return {
    url: gate.url,
    isRunning: () => running,
    stop: () => server.stop(),
    kill9: async () => {
      process.kill(server.pid, 'SIGKILL');
      await server.exited;
    },
    restart: async () => {
      server = await launch();
      gate.lead(server.url);
    },
    pause: () => gate.shut(),
    resume: () => gate.open(),
    close: () => gate.stop(),
  };
}
