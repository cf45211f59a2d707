import { describe, expect, it } from 'vitest';
import { csvCell, csvLine } from './flips-csv.js';

describe('a line of CSV', () => {
  it('says what flips, from what to what, and why', () => {
    const line = csvLine({
      chain_id: 1,
      chain: 'acme/web',
      subject: Buffer.alloc(32, 0xab),
      flip_rank: 0,
      outcome_before: 'pass',
      outcome_after: 'fail',
      cause: ['keys', 'layout'],
      findings: [
        { code: 'LINK_FORGED', severity: 'error', message: 'A link, of "build", does not count.' },
        { code: 'COVERED_BY_IMAGE', severity: 'info', message: 'By its index.', gone: true },
      ],
    });
    expect(line).toBe(
      `acme/web,sha256:${'ab'.repeat(32)},pass,fail,keys layout,LINK_FORGED no more COVERED_BY_IMAGE,` +
        '"A link, of ""build"", does not count. | By its index."\r\n',
    );
  });

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', ' =1', '|cmd', '\r=1'])(
    'makes no formula of %j',
    (text) => {
      expect(csvCell(text).replace(/^"/, '').startsWith("'")).toBe(true);
    },
  );

  it.each(['acme/web', 'a=b', 'sha256:00', ''])('leaves %j as it is', (text) => {
    expect(csvCell(text)).toBe(text);
  });
});
