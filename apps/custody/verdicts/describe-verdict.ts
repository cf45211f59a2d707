import type { Answer } from '#verdicts/answer.js';
import { printable } from '../printable.js';

export function describeVerdict({ verdict, allowed, findings, missing, layout }: Answer): string {
  return [
    `${verdict}, ${allowed ? 'allowed' : 'not allowed'}${layout ? ` by layout ${layout.version}` : ''}`,
    ...missing.map(({ step }) => `missing: ${step}`),
    ...findings.flatMap(({ code, message, fix }) => [`${code}: ${message}`, ...(fix ? [`  ${fix}`] : [])]),
  ]
    .map(printable)
    .join('\n');
}
