import { cpus, loadavg, platform, release } from 'node:os';

type Cell = string | number;

/** Prints columns under their headings, figures to the right. Also reads as a Markdown table. */
export function table(headings: readonly string[], rows: readonly (readonly Cell[])[]): void {
  const cells = rows.map((row) => row.map((cell) => (typeof cell === 'number' ? figure(cell) : cell)));
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...cells.map((row) => row[column]?.length ?? 0)),
  );
  const right = headings.map((_, column) => column > 0);
  const line = (row: readonly string[]): string => {
    const padded = widths.map((width, column) => {
      const cell = row[column] ?? '';
      return right[column] ? cell.padStart(width) : cell.padEnd(width);
    });
    return `| ${padded.join(' | ')} |`;
  };
  console.log(line(headings));
  console.log(
    `|${widths.map((width, column) => (right[column] ? `${'-'.repeat(width + 1)}:` : '-'.repeat(width + 2))).join('|')}|`,
  );
  for (const row of cells) console.log(line(row));
}

/** Three significant digits are all that a benchmark knows. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '-';
  if (Number.isInteger(value) || value >= 100) return Math.round(value).toLocaleString('en-US');
  return value.toPrecision(value >= 1 ? 3 : 2);
}

export function percent(part: number, whole: number): string {
  return `${Math.round((100 * part) / whole)} %`;
}

/** The value below which this share of the samples lies. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

export const median = (samples: readonly number[]): number => percentile(samples, 0.5);

/** What the figures were measured on, and whether the machine had other things to do. */
export function printEnvironment(): void {
  const [minute = 0] = loadavg();
  const busy = minute > cpus().length / 2 ? ', so the machine was busy: trust ratios, not figures' : '';
  console.log(
    `Node ${process.version}, ${platform()} ${release()}, ${cpus().length} × ${cpus()[0]?.model.trim()}; ` +
      `load ${minute.toFixed(1)}${busy}\n`,
  );
}

/** Milliseconds that the work took. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
