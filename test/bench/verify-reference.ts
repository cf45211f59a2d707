import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchChain } from './verify-chains.js';

/** Milliseconds of one verification in the reference implementation's own process, start-up excluded. */
const PROGRAM = `
import json, sys, time
from in_toto.models.metadata import Metadata
from in_toto import verifylib
directory, rounds = sys.argv[1], int(sys.argv[2])
keys = json.load(open(directory + "/keys.json"))
times = []
for _ in range(rounds):
    start = time.perf_counter()
    verifylib.in_toto_verify(Metadata.load(directory + "/root.layout"), keys, link_dir_path=directory + "/links")
    times.append(time.perf_counter() - start)
print(sorted(times)[len(times) // 2] * 1000)
`;

/** Undefined where there is no Python with in_toto: CUSTODY_PYTHON names one, else the one on the PATH is tried. */
export function referenceMilliseconds(chain: BenchChain, rounds: number): number | undefined {
  const directory = mkdtempSync(join(tmpdir(), 'reference-'));
  try {
    mkdirSync(join(directory, 'links'));
    writeFileSync(join(directory, 'root.layout'), chain.layout);
    writeFileSync(join(directory, 'keys.json'), JSON.stringify({ [chain.key.keyid]: chain.key.publicKey }));
    for (const [name, bytes] of chain.links) writeFileSync(join(directory, 'links', name), bytes);
    const python = process.env.CUSTODY_PYTHON ?? 'python3';
    const { status, stdout } = spawnSync(python, ['-c', PROGRAM, directory, String(rounds)], {
      encoding: 'utf8',
    });
    return status === 0 ? Number(stdout) : undefined;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
