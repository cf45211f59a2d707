import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** One bash that runs block after block, as somebody does who follows a document in a terminal. */
export class ShellSession {
  private readonly shell: ChildProcess;
  private output = '';

  constructor(cwd: string, env: Record<string, string>) {
    this.shell = spawn('bash', ['--noprofile', '--norc'], { cwd, env, stdio: ['pipe', 'pipe', 'inherit'] });
    this.shell.stdout?.on('data', (chunk: Buffer) => {
      this.output += chunk.toString();
    });
    this.shell.stdin?.write('exec 2>&1\n');
  }

  /** Runs the commands. What failed on the way is told, and with which code the last one ended. */
  async run(commands: string): Promise<{ output: string; exitCode: number; failed: readonly string[] }> {
    this.output = '';
    this.shell.stdin?.write(
      `trap 'echo "${FAILED}$BASH_COMMAND"' ERR\n${commands}\nstatus=$?; trap - ERR; echo "${ENDED}$status"\n`,
    );
    const ended = new RegExp(`^${ENDED}(\\d+)$`, 'm');
    while (!ended.test(this.output)) {
      if (this.shell.exitCode !== null) throw new Error(`The shell ended:\n${this.output}`);
      await once(this.shell.stdout ?? this.shell, 'data');
    }
    const lines = this.output.split('\n');
    return {
      output: lines.filter((line) => !line.startsWith(FAILED) && !line.startsWith(ENDED)).join('\n'),
      exitCode: Number(ended.exec(this.output)?.[1]),
      failed: lines.filter((line) => line.startsWith(FAILED)).map((line) => line.slice(FAILED.length)),
    };
  }

  async end(): Promise<void> {
    if (this.shell.exitCode !== null) return;
    const closed = once(this.shell, 'close');
    this.shell.stdin?.end();
    await closed;
  }
}

const ENDED = '--- ended: ';
const FAILED = '--- failed: ';
