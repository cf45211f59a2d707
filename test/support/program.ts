import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './server-process.js';

/** One of the programs of `apps/`, built, as a process of its own. */
export interface Program {
  readonly url: string;
  /** All it wrote so far, to stdout and stderr. */
  output(): string;
  /** Sends the signal and waits for the end; the exit code, or the signal that ended it. */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null>;
}

const READY_TIMEOUT = 45_000;
/** Readiness is told within two seconds. Whoever else has the port by now may never answer. */
const ANSWER_TIMEOUT = 5_000;
/** A program ends itself within a minute, whatever it waits for. */
const END_TIMEOUT = 75_000;

/** Starts `apps/<name>` as built below the folder, with exactly this environment and a free port, and waits until it is ready. */
export async function startProgram(
  name: string,
  environment: Record<string, string>,
  folder = '.',
): Promise<Program> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(process.execPath, [`dist/apps/${name}/main.js`], {
    cwd: folder,
    env: { PATH: process.env.PATH, ...environment, CUSTODY_HOST: '127.0.0.1', CUSTODY_PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const collect = (chunk: Buffer): void => {
    output += chunk.toString();
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  const program = {
    url,
    output: () => output,
    end: (signal: NodeJS.Signals) => end(child, signal, () => output),
  };

  const deadline = Date.now() + READY_TIMEOUT;
  while (child.exitCode === null && Date.now() < deadline) {
    const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(ANSWER_TIMEOUT) }).catch(
      () => undefined,
    );
    if (response?.status === 200) return program;
    await sleep(50);
  }
  await program.end('SIGKILL');
  throw new Error(`${name} did not get ready:\n${output}`);
}

async function end(
  child: ChildProcess,
  signal: NodeJS.Signals,
  output: () => string,
): Promise<number | NodeJS.Signals | null> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = once(child, 'exit');
    child.kill(signal);
    const late = setTimeout(() => child.kill('SIGKILL'), END_TIMEOUT);
    await ended;
    clearTimeout(late);
    if (child.signalCode === 'SIGKILL' && signal !== 'SIGKILL') {
      throw new Error(`${signal} did not end it in ${END_TIMEOUT / 1_000} s:\n${output()}`);
    }
  }
  return child.exitCode ?? child.signalCode;
}

/** Runs a program that ends by itself, and well. */
export async function runProgram(
  name: string,
  environment: Record<string, string>,
  args: readonly string[] = [],
): Promise<string> {
  const { code, stdout, stderr } = await runToEnd(name, environment, args);
  if (code !== 0) throw new Error(`${name} ended with ${code}:\n${stdout}${stderr}`);
  return stdout + stderr;
}

export interface Ended {
  /** The exit code, or null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program until it ends, or is killed as soon as it has written this to stdout. */
export async function runToEnd(
  name: string,
  environment: Record<string, string>,
  args: readonly string[] = [],
  killAt?: string,
): Promise<Ended> {
  const child = spawn(process.execPath, [`dist/apps/${name}/main.js`, ...args], {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
    if (killAt !== undefined && stdout.includes(killAt)) child.kill('SIGKILL');
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}
