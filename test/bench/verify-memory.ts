import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type JsonValue, parsePublicKey, verify } from '#in-toto/index.js';
import { benchChain } from './verify-chains.js';

/**
 * Peak memory of one verification, as a multiple of its files, each in a process of its own.
 * `node dist/test/bench/verify-memory.js [artifacts…]`
 */
function main(sizes: readonly number[]): void {
  for (const container of ['metablock', 'dsse'] as const) {
    for (const size of sizes) {
      const directory = mkdtempSync(join(tmpdir(), 'memory-'));
      const { key, layout, links } = benchChain(container, 'ed25519', size);
      writeFileSync(join(directory, 'key.json'), JSON.stringify(key.publicKey));
      for (const [name, bytes] of [...links, ['root.layout', layout] as const])
        writeFileSync(join(directory, name), bytes);
      console.log(`${container}, ${size} artifacts in each of 3 steps`);
      spawnSync(process.execPath, [fileURLToPath(import.meta.url), directory], { stdio: 'inherit' });
      rmSync(directory, { recursive: true });
    }
  }
}

/** Verifies the files of a directory; what the peak grew by is theirs. */
function measure(directory: string): void {
  const files = readdirSync(directory);
  const read = (name: string) => (files.includes(name) ? readFileSync(join(directory, name)) : undefined);
  const key = parsePublicKey(JSON.parse(readFileSync(join(directory, 'key.json'), 'utf8')) as JsonValue);
  const run = (links: typeof read) =>
    verify(
      { layout: read('root.layout') ?? Buffer.alloc(0), layoutKeys: [key], links: { read: links } },
      { at: new Date() },
    );
  run(() => undefined);
  const before = peakBytes();
  const { outcome } = run(read);
  const grown = peakBytes() - before;
  const input = files.reduce((sum, name) => sum + (read(name)?.length ?? 0), 0);
  console.log(
    `${outcome}: ${(input / 1e6).toFixed(1)} MB of files, peak ${(grown / 1e6).toFixed(1)} MB more, ${(grown / input).toFixed(2)} times`,
  );
}

/** From /proc (Linux): what getrusage says is inherited from the process that started this one. */
function peakBytes(): number {
  return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024;
}

const [first, ...others] = process.argv.slice(2);
if (first !== undefined && Number.isNaN(Number(first))) measure(first);
else main(first === undefined ? [10_000, 100_000] : [first, ...others].map(Number));
