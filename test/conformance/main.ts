import { disagreements } from './compare.js';
import { readVectors, type Vector } from './vector.js';

const USAGE = 'usage: npm run conformance -- FILE.jsonl[.gz]…';

/** Runs the vectors of the given files against the library; the exit status says whether it agrees on all. */
function main(files: readonly string[]): number {
  if (files.length === 0) {
    console.error(USAGE);
    return 2;
  }
  const vectors: Vector[] = [];
  for (const file of files) {
    try {
      vectors.push(...vectorsOf(file));
    } catch (error) {
      console.error(`${file} cannot be compared: ${(error as Error).message}`);
      return 2;
    }
  }
  const at = new Date();
  let agreed = 0;
  let disagreed = 0;
  for (const vector of vectors) {
    const differences = disagreements(vector, at);
    if (differences.length === 0) agreed++;
    else disagreed++;
    for (const difference of differences) console.log(`${vector.name}: ${difference}`);
  }
  console.log(`agreed ${agreed}, disagreed ${disagreed}`);
  return disagreed > 0 ? 1 : 0;
}

/** A file without vectors is told, and fails the whole: nothing compared is nothing agreed. */
function vectorsOf(file: string): Vector[] {
  const vectors = readVectors(file);
  if (vectors.length === 0) throw new Error('it holds no vectors');
  return vectors;
}

process.exitCode = main(process.argv.slice(2));
