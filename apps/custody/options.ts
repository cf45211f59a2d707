import { InvalidArgumentError, Option } from 'commander';

/** Which chain; commander shows where it comes from. */
export const chainOption = () =>
  new Option('--chain <name>', 'the supply chain (not needed with a token bound to one)').env(
    'CUSTODY_CHAIN',
  );

export const jsonOption = () => new Option('--json', 'print the answer of the service as it is');

export const reasonOption = () =>
  new Option('--reason <text>', 'why, for those who read the events later').makeOptionMandatory();

/** A time as the service takes it; a day alone is its beginning in UTC. */
export function time(text: string): string {
  const hasForm = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(text);
  if (!hasForm || Number.isNaN(Date.parse(text)) || !isDay(text.slice(0, 10))) {
    throw new InvalidArgumentError('Write it as 2026-12-31 or 2026-12-31T18:00:00Z.');
  }
  return new Date(text).toISOString();
}

/** JavaScript takes February 30 for March 2: a limit would begin later than was meant. */
function isDay(text: string): boolean {
  return new Date(text).toISOString().startsWith(text);
}

/** Options that may be given more than once. */
export function collect(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}
