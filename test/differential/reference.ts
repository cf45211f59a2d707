import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Expected, Vector } from '../conformance/vector.js';

/** What the reference is asked. */
export type Case = Omit<Vector, 'expected'>;

/** Compiled, this file is in dist/test/differential; the program stays where it was written. */
const PROGRAM = fileURLToPath(new URL('../../../test/differential/reference.py', import.meta.url));

/** The reference implementation in a process of its own, that answers one case after the other. */
export class Reference {
  private constructor(
    readonly version: string,
    private readonly process: ChildProcessWithoutNullStreams,
    private readonly lines: AsyncIterator<string>,
  ) {}

  static async start(python = process.env.CUSTODY_PYTHON ?? 'python3'): Promise<Reference> {
    const child = spawn(python, [PROGRAM]);
    child.stderr.pipe(process.stderr);
    child.on('error', () => undefined);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const hello = (await lines.next()).value;
    const { version, unavailable = 'it cannot be started' } = JSON.parse(hello ?? '{}');
    if (version !== undefined) return new Reference(version, child, lines);
    throw new Error(
      `No in-toto in ${python}: ${unavailable}. Set CUSTODY_PYTHON to a Python that has in-toto 2.2.0.`,
    );
  }

  /** Answers in the order of the cases. */
  async answer(cases: readonly Case[]): Promise<Expected[]> {
    for (const asked of cases) this.process.stdin.write(`${JSON.stringify(asked)}\n`);
    const answers: Expected[] = [];
    while (answers.length < cases.length) {
      const { value, done } = await this.lines.next();
      if (done) throw new Error('The reference has ended before its last answer.');
      answers.push(JSON.parse(value));
    }
    return answers;
  }

  stop(): void {
    this.process.stdin.end();
  }
}
