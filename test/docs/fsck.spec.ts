import { describe, expect, it } from 'vitest';
import { FSCK_FINDINGS } from '#fsck/findings.js';
import { readText } from './documents.js';

describe('the findings of fsck in docs/operations.md', () => {
  it('are all that there are, in their groups', () => {
    const [, section = ''] = readText('docs/operations.md').split('\n## Checking the store\n');
    const table = section.split('\n## ')[0] ?? '';
    const documented = [...table.matchAll(/^\| `([A-Z_]+)`/gm)].map(([, code]) => code);
    expect(documented).toEqual(Object.keys(FSCK_FINDINGS));
  });
});
