import { describe, expect, it } from 'vitest';
import { progressDisplay } from './progress-display.js';

const progress = (done: number, eta: number | null = null) =>
  ({ state: 'planned', done, total: 200_000, flips: 12, rate: eta === null ? null : 1_234.5, eta }) as const;

function shownOn(terminal: boolean | number, ...moves: ReturnType<typeof progress>[]): string {
  let written = '';
  const display = progressDisplay({
    isTTY: terminal !== false,
    ...(typeof terminal === 'number' ? { columns: terminal } : {}),
    write: (text: string | Uint8Array) => {
      written += text;
      return true;
    },
  });
  for (const move of moves) display.show(move);
  display.end();
  return written;
}

describe('the progress of a replay', () => {
  it('is one line on a terminal, drawn again whenever it moves', () => {
    expect(shownOn(true, progress(0), progress(100_000, 81))).toBe(
      `\r\u001b[K[${'-'.repeat(30)}] planned: 0 %, 0 of 200000, 12 flips` +
        `\r\u001b[K[${'#'.repeat(15)}${'-'.repeat(15)}] planned: 50 %, 100000 of 200000, 12 flips, 1234.5 a second, 1 min 21 s left\n`,
    );
  });

  it.each([80, 60, 20])('keeps to one line of a terminal with %i columns', (columns) => {
    const [, drawn = ''] = shownOn(columns, progress(100_000, 81)).split('\u001b[K');
    expect(drawn.trimEnd().length).toBeLessThan(columns);
    expect(drawn).toContain('planned: 50 %');
  });

  it('is a line for each tenth of the way elsewhere', () => {
    const lines = shownOn(false, progress(0), progress(1), progress(20_000), progress(20_001)).split('\n');
    expect(lines).toEqual([
      'planned: 0 %, 0 of 200000, 12 flips',
      'planned: 10 %, 20000 of 200000, 12 flips',
      '',
    ]);
  });

  it.each([
    [0, '0 s'],
    [59, '59 s'],
    [3_600, '1 h 0 min'],
    [90_061, '25 h 1 min'],
  ])('says of %i seconds left: %s', (eta, told) => {
    expect(shownOn(false, progress(1, eta))).toContain(`, ${told} left`);
  });

  it('is complete where there is nothing to do', () => {
    expect(shownOn(false, { ...progress(0), total: 0 } as never)).toContain('100 %');
  });
});
