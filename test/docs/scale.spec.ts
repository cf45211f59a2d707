import { expect, it } from 'vitest';
import { defaults } from '../bench/capacity/inputs.js';
import { capacityFor, capacityRows } from '../bench/capacity/model.js';
import { readText } from './documents.js';

/** Cells, whatever the width of the columns. */
const cellsOf = (line: string): string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());

it('docs/scale.md has the figures that the capacity model computes', () => {
  const lines = readText('docs/scale.md').split('\n');
  const head = lines.findIndex((line) => line.startsWith('| links a year'));
  const rows = capacityRows([10_000_000, 1_000_000_000], defaults);
  expect(lines.slice(head + 2, head + 2 + rows.length).map(cellsOf)).toEqual(rows);
});

it('the capacity model grows with what it is given, and never below two of each process', () => {
  const [small, large] = [capacityFor(1, defaults), capacityFor(1_000_000_000, defaults)];
  expect([small.ingestProcesses, small.workerProcesses, small.queryProcesses, small.shards]).toEqual([
    2, 2, 2, 1,
  ]);
  expect(capacityFor(1_000_000_000, { ...defaults, peak: 2 * defaults.peak }).pageReadsPerSecond).toBeCloseTo(
    2 * large.pageReadsPerSecond,
  );
  expect(large.shards).toBeGreaterThanOrEqual(large.postgresTb / defaults.shardTb);
});
