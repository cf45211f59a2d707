import type { Flip } from '#persistence/replays/find-flips.js';
import { writeDigest } from '#platform/digest.js';

export const CSV_HEAD = 'chain,digest,before,after,cause,codes,reasons\r\n';

/** One line of RFC 4180. */
export function csvLine({ chain, subject, outcome_before, outcome_after, cause, findings }: Flip): string {
  const codes = findings.map(({ code, gone }) => (gone ? `no more ${code}` : code)).join(' ');
  const reasons = findings.map(({ message }) => message).join(' | ');
  const cells = [chain, writeDigest(subject), outcome_before, outcome_after, cause.join(' '), codes, reasons];
  return `${cells.map(csvCell).join(',')}\r\n`;
}

/**
 * Findings quote names from evidence, and a spreadsheet takes a cell that begins like a formula for one. An apostrophe
 * before it makes it text.
 */
export function csvCell(text: string): string {
  const harmless = /^[\s]*[=+\-@|\t\r\n]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
