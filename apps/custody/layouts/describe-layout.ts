import type { Layout, Metadata } from '#in-toto/index.js';
import type { LayoutInfo } from '#trust/layouts/layout-service.js';
import type { ListedLayout } from '#trust/layouts/list-layouts.js';
import type { LayoutTrial } from '#trust/layouts/try-layout.js';
import { card, short, table } from '../output.js';
import { printable } from '../printable.js';

export function describeLayouts(layouts: readonly ListedLayout[]): string {
  const head = ['VERSION', 'ID', 'IN FORCE', 'EXPIRES', 'ACTIVATED', 'BY TOKEN', 'REASON'];
  return table(
    head,
    layouts.map((layout) => [
      String(layout.version),
      short(layout.id),
      layout.active ? 'yes' : 'no',
      layout.expires,
      `${layout.activatedAt}${layout.resigned ? ', signed again' : ''}`,
      layout.actor ?? '-',
      layout.reason ?? '',
    ]),
  );
}

/** What somebody is about to sign, or what the chain went by. */
export function describeLayout({ expires, steps, readme }: Layout, { signatures }: Metadata): string {
  const signers = signatures.map(({ keyid }) => short(keyid)).join(', ');
  const entries: [string, string][] = [
    ...(readme ? [['readme', readme] as [string, string]] : []),
    ['expires', describeExpiry(expires)],
    ['signed by keys', signers || 'none'],
  ];
  const rows = steps.map(({ name, threshold, pubkeys }) => [
    name,
    `${threshold} of ${pubkeys.length}`,
    pubkeys.map(short).join(', '),
  ]);
  return `${card(entries)}\n${table(['STEP', 'THRESHOLD', 'KEYS'], rows)}`;
}

/** Nothing keeps an owner from signing what has expired; the service will not take it. */
function describeExpiry(expires: Layout['expires']): string {
  if (!(expires instanceof Date)) {
    return String(expires);
  }
  return `${expires.toISOString()}${expires < new Date() ? ', which is past: it will be refused' : ''}`;
}

export function describePosted({ version, chain, expires, warnings }: LayoutInfo): string {
  const told = warnings.map(
    ({ code, where, message }) => `warning ${code} at ${where}: ${printable(message)}\n`,
  );
  return `Layout ${version} of ${chain} is in force until ${expires}.\n${told.join('')}`;
}

export function describeTrial(trial: LayoutTrial): string {
  const { chain, accepted, outcome, version, refusals, findings, differences, id } = trial;
  const lines = [
    accepted ? `It would be taken in: ${outcomeOf(outcome, version)}.` : 'It would be refused:',
    ...refusals.flatMap(({ code, detail, errors }) => [
      `  ${code}: ${detail}`,
      ...errors.map(({ path, message }) => `    ${path ? `${path}: ` : ''}${message ?? ''}`),
    ]),
    ...findings
      .filter(({ severity }) => severity !== 'refuse')
      .map(({ code, where, message }) => `warning ${code} at ${where}: ${message}`),
    differences.length > 0
      ? 'Against the layout in force:'
      : 'Nothing differs from the layout in force, or there is none.',
    ...differences.map(({ message }) => `  ${message}`),
    ...(accepted
      ? [
          'Which verdicts would change:',
          `  custody replays plan --hypothetical ${id} --chain ${chain} --reason TEXT`,
        ]
      : []),
  ];
  return lines.map(printable).join('\n');
}

function outcomeOf(outcome: LayoutTrial['outcome'], version: number | null): string {
  switch (outcome) {
    case 'new':
      return `as version ${version}`;
    case 'resigned':
      return `as version ${version} with more signatures`;
    default:
      return `it is version ${version} already`;
  }
}
