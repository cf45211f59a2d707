import { disagreements } from './compare.js';
import { readVectors } from './vector.js';

const USAGE = 'usage: npm run conformance -- FILE.jsonl[.gz]…';

/** Runs the vectors of the given files against the library; the exit status says whether it agrees on all. */
function main(files: readonly string[]): number {
  if (files.length === 0) {
    console.error(USAGE);
    return 2;
  }
  const at = new Date();
  let agreed = 0;
  let disagreed = 0;
  for (const vector of files.flatMap(readVectors)) {
    const differences = disagreements(vector, at);
    if (differences.length === 0) agreed++;
    else disagreed++;
    for (const difference of differences) console.log(`${vector.name}: ${difference}`);
  }
  console.log(`agreed ${agreed}, disagreed ${disagreed}`);
  return disagreed > 0 ? 1 : 0;
}

process.exitCode = main(process.argv.slice(2));
