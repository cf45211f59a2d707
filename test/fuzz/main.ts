import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Random } from '../support/random.js';
import { type DamagedFiles, damagedFiles, soundDrafts } from './inputs.js';
import { feed } from './targets.js';

const SLOW_MS = 2000;

/** Damages files at random and feeds them to the library; the exit status says whether anything unforeseen came out. */
function main(): number {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '60' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      save: { type: 'string', default: 'data/fuzz' },
      replay: { type: 'string' },
    },
  });
  if (values.replay !== undefined) return replay(values.replay);
  const seed = Number(values.seed);
  const seconds = Number(values.seconds);
  if (!Number.isSafeInteger(seed) || !(seconds > 0)) {
    console.error('--seconds takes a number above zero, --seed a whole number.');
    return 2;
  }
  const end = Date.now() + seconds * 1000;
  const drafts = soundDrafts();
  console.log(`seed ${seed}`);
  let executed = 0;
  let findings = 0;
  while (Date.now() < end) {
    const input = damagedFiles(drafts, new Random(seed * 1_000_003 + executed));
    const finding = run(input);
    if (finding) {
      findings++;
      console.log(
        `${save(values.save, `seed-${seed}-${executed}`, input, finding)}: ${finding.split('\n', 1)}`,
      );
    }
    executed++;
  }
  console.log(`executed ${executed}, findings ${findings}`);
  return findings > 0 ? 1 : 0;
}

/** What went wrong, if anything. */
function run(input: DamagedFiles): string | undefined {
  const start = performance.now();
  try {
    feed(input);
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  const elapsed = performance.now() - start;
  return elapsed > SLOW_MS ? `took ${Math.round(elapsed)} ms` : undefined;
}

/** Keys are new in every run, so a finding comes back from its file, not from its seed. */
function save(directory: string, name: string, { files, victim }: DamagedFiles, finding: string): string {
  mkdirSync(directory, { recursive: true });
  const contents = Object.fromEntries(
    [...files].map(([file, bytes]) => [file, Buffer.from(bytes).toString('base64')]),
  );
  const path = `${directory}/${name}.json`;
  writeFileSync(path, JSON.stringify({ finding, victim, files: contents }, undefined, 1));
  return path;
}

function replay(path: string): number {
  const saved: { victim: string; files: Record<string, string> } = JSON.parse(readFileSync(path, 'utf8'));
  const files = new Map(
    Object.entries(saved.files).map(([name, text]) => [name, Buffer.from(text, 'base64')]),
  );
  const finding = run({ files, victim: saved.victim });
  console.log(finding ?? 'nothing found');
  return finding === undefined ? 0 : 1;
}

process.exitCode = main();
