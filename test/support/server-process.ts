import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A server of a test, with the ways in which servers go wrong in real life. */
export interface ServerProcess {
  /** False also when it ended by itself. */
  isRunning(): boolean;
  /** Ends it and waits for its end. */
  stop(): Promise<void>;
  /** Ends it without a chance to finish anything. */
  kill9(): Promise<void>;
  /** Starts it again, after `stop` or `kill9`, on the same port and data. */
  restart(): Promise<void>;
  /** It keeps its connections and answers nothing, as a hung or partitioned server. */
  pause(): void;
  resume(): void;
}

export interface ServerCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Throws or returns false until the server answers. */
  readonly isReady: () => Promise<boolean>;
  /** All that it writes, as it comes. */
  readonly onOutput?: (text: string) => void;
}

const READY_TIMEOUT = 45_000;

export async function startServerProcess(command: ServerCommand): Promise<ServerProcess> {
  let child = await start(command);
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (!isRunning()) return;
    const exited = once(child, 'exit');
    child.kill('SIGCONT');
    child.kill(signal);
    await exited;
  };
  return {
    isRunning,
    stop: () => end('SIGTERM'),
    kill9: () => end('SIGKILL'),
    restart: async () => {
      child = await start(command);
    },
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
  };
}

async function start({ command, args, env, isReady, onOutput }: ServerCommand): Promise<ChildProcess> {
  const [program = command, ...rest] = [...DIES_WITH_US, command, ...args];
  const child = spawn(program, rest, { env: env ?? process.env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const collect = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-4_000);
    onOutput?.(chunk.toString());
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  child.on('error', (error) => collect(Buffer.from(error.message)));

  const deadline = Date.now() + READY_TIMEOUT;
  while (child.exitCode === null && child.pid !== undefined && Date.now() < deadline) {
    if (await isReady().catch(() => false)) return child;
    await sleep(20);
  }
  child.kill('SIGKILL');
  throw new Error(`${command} did not start:\n${output}`);
}

/** The kernel ends the server with the process of its test, however that ends. */
const DIES_WITH_US =
  spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true']).status === 0
    ? ['setpriv', '--pdeathsig', 'KILL']
    : [];

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('A TCP server has a port.');
  return address.port;
}
