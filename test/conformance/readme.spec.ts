import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { FINDINGS } from '#in-toto/index.js';
import { exampleChain } from '../support/example-chain.js';
import { verifyDirectory } from './readme-example.js';

const file = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
const readme = file('../../libs/in-toto/README.md');
const directory = mkdtempSync(join(tmpdir(), 'readme-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('libs/in-toto/README.md', () => {
  it('shows the example that is compiled here', () => {
    const [, example = 'no markers'] = file('./readme-example.ts').split(/\/\/ (?:begin|end)\n/);
    expect(readme).toContain(example.trim());
  });

  it('shows an example that works', () => {
    const chain = exampleChain();
    mkdirSync(join(directory, 'links'));
    writeFileSync(join(directory, 'root.layout'), chain.layout);
    writeFileSync(join(directory, 'owner.json'), JSON.stringify(chain.owner.publicKey));
    for (const { fileName, bytes } of chain.links) writeFileSync(join(directory, 'links', fileName), bytes);
    expect(verifyDirectory(directory, new Date('2026-01-01T00:00:00Z')).outcome).toBe('pass');
  });

  it('describes every finding, and none that there is not', () => {
    const rows = readme.matchAll(/^\| `([A-Z_]+)` +\| (.+) \|$/gm);
    const described = [...rows].map(([, code, text]) => [code, text?.trim()]);
    expect(described).toEqual(Object.entries(FINDINGS));
  });
});
