import { describe, expect, it } from 'vitest';
import { UPLOAD_LIMITS } from '#platform/upload-limits.js';
import { readText } from './documents.js';

describe('what a file may hold, in docs/operations.md', () => {
  it('is what the service takes', () => {
    const [, section = ''] = readText('docs/operations.md').split('### What a file may hold');
    const rows = [...(section.split('\n## ')[0] ?? '').matchAll(/^\| `(\w+)`\s*\|\s*([\d,]+) \|/gm)];
    const documented = Object.fromEntries(
      rows.map(([, name = '', most = '']) => [name, Number(most.replaceAll(',', ''))]),
    );
    expect(documented).toEqual(UPLOAD_LIMITS);
  });
});
