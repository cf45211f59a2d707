import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { disagreements } from '../conformance/compare.js';
import type { Vector } from '../conformance/vector.js';
import { Random } from '../support/random.js';
import { generateCase } from './generate.js';
import { Reference } from './reference.js';
import { makeKeys } from './world.js';

const BATCH = 200;
const USAGE = 'usage: npm run differential -- [--count N] [--seed S] [--save DIRECTORY]';

/** Asks the library and the reference the same questions; the exit status says whether they ever answered differently. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      count: { type: 'string', default: '1000' },
      seed: { type: 'string', default: '1' },
      save: { type: 'string', default: 'data/differential' },
    },
  });
  const [count, seed] = [Number(values.count), Number(values.seed)];
  if (!Number.isSafeInteger(count) || !Number.isSafeInteger(seed)) throw new Error(USAGE);
  const reference = await Reference.start();
  console.log(`reference: in-toto ${reference.version}; seed ${seed}`);
  const tally: Tally = { agreed: 0, disagreed: 0, outcomes: new Map() };
  for (let first = 0; first < count; first += BATCH) {
    const vectors = await ask(reference, seed, first, Math.min(BATCH, count - first));
    for (const vector of vectors) judge(vector, values.save, tally);
  }
  reference.stop();
  console.log(
    `the reference: ${[...tally.outcomes].map(([outcome, times]) => `${outcome} ${times}`).join(', ')}`,
  );
  console.log(`agreed ${tally.agreed}, disagreed ${tally.disagreed}`);
  return tally.disagreed > 0 ? 1 : 0;
}

interface Tally {
  agreed: number;
  disagreed: number;
  /** How often the reference passed, or failed with which exception. */
  readonly outcomes: Map<string, number>;
}

const keys = makeKeys();

async function ask(reference: Reference, seed: number, first: number, count: number): Promise<Vector[]> {
  const cases = Array.from({ length: count }, (_, i) =>
    generateCase(`seed-${seed}-case-${first + i}`, keys, new Random(seed * 1_000_003 + first + i)),
  );
  const answers = await reference.answer(cases);
  return cases.flatMap((asked, i) => {
    const expected = answers[i];
    return expected ? [{ ...asked, expected }] : [];
  });
}

function judge(vector: Vector, directory: string, tally: Tally): void {
  const outcome = vector.expected.error_class ?? vector.expected.outcome;
  tally.outcomes.set(outcome, (tally.outcomes.get(outcome) ?? 0) + 1);
  const differences = answersDiffer(vector);
  if (differences.length === 0) {
    tally.agreed++;
    return;
  }
  tally.disagreed++;
  mkdirSync(directory, { recursive: true });
  const file = `${directory}/${vector.name}.jsonl`;
  writeFileSync(file, `${JSON.stringify(vector)}\n`);
  for (const difference of differences) console.log(`${file}: ${difference}`);
}

function answersDiffer(vector: Vector): string[] {
  try {
    return disagreements(vector, new Date());
  } catch (error) {
    return [`exception: ${error instanceof Error ? error.stack : error}`];
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
