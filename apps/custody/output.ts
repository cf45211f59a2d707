import { printable } from './printable.js';

/** What the command was asked for: stdout. */
export function print(text: string): void {
  process.stdout.write(`${text.trimEnd()}\n`);
}

/** What its user may want to know beside that: stderr, so that stdout can be piped. */
export function note(text: string): void {
  process.stderr.write(`${text.trimEnd()}\n`);
}

/** The answer of the service as it is, or what a person reads in it. */
export function show<T>(
  answer: T,
  { json = false }: { json?: boolean | undefined },
  tell: (answer: T) => string,
): void {
  print(json ? JSON.stringify(answer, null, 2) : tell(answer));
}

/** Columns below their heads. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, ...rows.map((row) => row.map(printable))];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const written = lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return `${written.join('\n')}\n`;
}

/** Names before their values, one a line. */
export function card(entries: readonly (readonly [name: string, value: string])[]): string {
  const width = Math.max(...entries.map(([name]) => name.length));
  return `${entries.map(([name, value]) => `${name.padEnd(width)}  ${printable(value)}`.trimEnd()).join('\n')}\n`;
}

/** Enough of a digest or fingerprint to tell it from others; commands take it, too. */
export function short(digest: string): string {
  return digest.slice(0, 12);
}
