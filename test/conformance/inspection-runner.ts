import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Artifacts, InspectionRunner } from '#in-toto/index.js';

/** What the reference leaves out when it records a directory. */
const EXCLUDED = [/\.link/, /^\.git$/, /\.pyc$/, /~$/];
const TIMEOUT_MS = 10_000;

/** Calls `use` with a runner that executes inspections in a new directory with the given files, and removes it afterwards. */
export function withInspectionRunner<T>(
  files: readonly { readonly path: string; readonly content: string }[],
  use: (runner: InspectionRunner) => T,
): T {
  const directory = mkdtempSync(join(tmpdir(), 'inspection-'));
  try {
    for (const { path, content } of files) {
      mkdirSync(dirname(join(directory, path)), { recursive: true });
      writeFileSync(join(directory, path), content);
    }
    return use((inspection) => runInspection(inspection, directory));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function runInspection(
  { name, run }: Parameters<InspectionRunner>[0],
  cwd: string,
): ReturnType<InspectionRunner> {
  const materials = recordArtifacts(cwd);
  const [command, ...args] = run.map(String);
  // Node refuses to spawn these, where the reference fails to.
  if (!command || run.some((argument) => String(argument).includes('\0')))
    return { type: 'failure', reason: 'no command' };
  const { status, signal, error } = spawnSync(command, args, { cwd, timeout: TIMEOUT_MS });
  if (error) return { type: 'failure', reason: error.message };
  if (status !== 0) return { type: 'failure', reason: `exit status ${status ?? signal}` };
  const products = recordArtifacts(cwd);
  return {
    type: 'link',
    name,
    materials,
    products,
    byproducts: { 'return-value': 0 },
    command: run,
    environment: {},
  };
}

function recordArtifacts(root: string, below = ''): Artifacts {
  const found: Record<string, { sha256: string }> = {};
  for (const entry of readdirSync(join(root, below))) {
    if (EXCLUDED.some((pattern) => pattern.test(entry))) continue;
    const path = below === '' ? entry : `${below}/${entry}`;
    if (statSync(join(root, path)).isDirectory()) Object.assign(found, recordArtifacts(root, path));
    else
      found[path] = {
        sha256: createHash('sha256')
          .update(readFileSync(join(root, path)))
          .digest('hex'),
      };
  }
  return found;
}
