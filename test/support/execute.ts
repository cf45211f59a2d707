import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

/** Runs a program to its end and returns what it wrote to stdout; rejects with all that it said when it fails. */
export async function execute(
  program: string,
  args: readonly string[],
  { cwd, input = '' }: { cwd?: string; input?: string } = {},
): Promise<string> {
  const child = spawn(program, args, { cwd, timeout: 60_000 });
  child.stdin.end(input);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  if (child.exitCode === 0) return stdout;
  throw new Error(`${program} failed (${child.exitCode ?? child.signalCode}):\n${stderr}${stdout}`);
}
