import { parsePublicKey, verify } from '#in-toto/index.js';
import { type BenchChain, benchChain } from './verify-chains.js';
import { floorOf } from './verify-floor.js';
import { referenceMilliseconds } from './verify-reference.js';

/**
 * Verification against the floor and the reference, the same files in one run, floor and verification taking turns.
 * `node dist/test/bench/verify.js [artifacts…]`
 */
function main(sizes: readonly number[]): void {
  console.log(
    '3 steps; medians of rounds; floor = sha256 and JSON.parse of the files, one signature check each',
  );
  console.log(
    row([
      'container',
      'key',
      'artifacts',
      'KiB',
      'floor ms',
      'verify ms',
      'x floor',
      'reference ms',
      'x faster',
      '/s/core',
    ]),
  );
  for (const kind of ['ed25519', 'rsa'] as const) {
    for (const container of ['metablock', 'dsse'] as const) {
      for (const size of sizes) {
        const chain = benchChain(container, kind, size);
        const { floor, ours, multiple } = compare(floorOf(chain), verificationOf(chain), budgetMs(size));
        const reference = referenceMilliseconds(chain, size > 1000 ? 3 : 20);
        console.log(
          row([
            container,
            kind,
            String(size),
            (inputBytes(chain) / 1024).toFixed(0),
            floor.toFixed(2),
            ours.toFixed(2),
            multiple.toFixed(2),
            reference?.toFixed(1) ?? '-',
            reference ? (reference / ours).toFixed(0) : '-',
            (1000 / ours).toFixed(0),
          ]),
        );
      }
    }
  }
}

function verificationOf(chain: BenchChain): () => void {
  const layoutKeys = [parsePublicKey(chain.key.publicKey)];
  const links = { read: (name: string) => chain.links.get(name) };
  const at = new Date();
  return () => {
    const { outcome, findings } = verify({ layout: chain.layout, layoutKeys, links }, { at });
    if (outcome !== 'pass') throw new Error(`the chain does not pass: ${findings[0]?.message}`);
  };
}

function inputBytes(chain: BenchChain): number {
  return [chain.layout, ...chain.links.values()].reduce((sum, bytes) => sum + bytes.length, 0);
}

function budgetMs(size: number): number {
  return size > 1000 ? 6000 : 3000;
}

/** Medians of the milliseconds of both, and of the multiple in each round: what else the machine does meets both halves. */
function compare(floor: () => void, ours: () => void, budget: number) {
  const rounds: { floor: number; ours: number }[] = [];
  for (const warmUp of [floor, ours, floor, ours]) warmUp();
  const end = performance.now() + budget;
  while (performance.now() < end || rounds.length < 5) {
    // Who goes second finds the garbage of the first, so they take turns in that too.
    const before = rounds.length % 2 === 0 ? milliseconds(floor) : undefined;
    const time = milliseconds(ours);
    rounds.push({ floor: before ?? milliseconds(floor), ours: time });
  }
  return {
    floor: median(rounds.map((round) => round.floor)),
    ours: median(rounds.map((round) => round.ours)),
    multiple: median(rounds.map((round) => round.ours / round.floor)),
  };
}

function milliseconds(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function row(cells: readonly string[]): string {
  return cells.map((cell) => cell.padStart(12)).join('');
}

main(process.argv.length > 2 ? process.argv.slice(2).map(Number) : [10, 1000, 10_000]);
