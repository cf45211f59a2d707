import type { Finding } from '#fsck/findings.js';
import type { Summary } from '#fsck/report.js';

export function describeFinding({ code, chain, subject, detail, repaired }: Finding): string {
  const where = chain === null ? subject : `${chain}: ${subject}`;
  return `${repaired ? 'mended' : 'found '}  ${code}  ${where}\n        ${detail}\n`;
}

export function describeSummary(
  { clean, checked, counts }: Summary,
  { seed, rebuilt }: { seed: string; rebuilt: boolean },
): string {
  const looked = Object.entries(checked).map(([what, count]) => `${count} ${what}`);
  const codes = counts.map(
    ({ code, means, found, repaired }) =>
      `${String(found).padStart(8)}  ${code}${repaired > 0 ? `, ${repaired} mended` : ''}: ${means}`,
  );
  return [
    `${rebuilt ? 'Rebuilt' : 'Checked'}: ${looked.join(', ') || 'nothing'}. Seed of the samples: ${seed}.`,
    ...(clean ? ['Nothing is wrong.'] : codes),
    ...(rebuilt ? [AFTER_REBUILD] : []),
    '',
  ].join('\n');
}

const AFTER_REBUILD = `Verdicts are made as soon as a worker runs. Digests that nobody declared are known again when they are asked for.
Access tokens are not in the blob store: make new ones. The all-in-one service prints an operator token at its next start;
otherwise: npm run token -- create --name operator --scope ingest read operate`;
