import type { ReplayInfo } from '#replays/replay-info.js';
import type { FlipPage } from '#replays/replay-reports.js';
import { card, short, table } from '../output.js';

export function describeReplays(replays: readonly ReplayInfo[]): string {
  const head = ['ID', 'STATE', 'DONE', 'FLIPS', 'WHAT', 'PLANNED', 'BY TOKEN', 'REASON'];
  return table(
    head,
    replays.map((replay) => [
      replay.id,
      stateOf(replay),
      `${replay.done} of ${replay.total}`,
      String(replay.flips),
      choiceOf(replay),
      replay.createdAt,
      replay.actor,
      replay.reason,
    ]),
  );
}

export function describeReplay(replay: ReplayInfo): string {
  const { id, done, total, changed, flips, superseded, errors, planDigest, error } = replay;
  const entries: [string, string][] = [
    ['replay', id],
    ['state', stateOf(replay)],
    ['verdicts', choiceOf(replay)],
    ['reason', replay.reason],
    ['done', `${done} of ${total}`],
    [
      'found',
      `${flips} flips, ${changed - flips} changed in other ways, ${done - changed - superseded - errors} as before`,
    ],
  ];
  const more: [string, string | false | null][] = [
    ['superseded', superseded > 0 && `${superseded} verified meanwhile for another reason`],
    ['stale', replay.stale && 'trust or layout moved since it was planned: plan another'],
    ['errors', errors > 0 && String(errors)],
    ['failed by', error],
    ['approval', approvalOf(replay)],
    ['plan', planDigest],
  ];
  return card([...entries, ...more.filter((entry): entry is [string, string] => Boolean(entry[1]))]);
}

export function describeFlips({ kinds, flips, next }: FlipPage): string {
  const counts = Object.entries(kinds).map(([kind, count]) => `${count} ${kind}`);
  if (counts.length === 0) {
    return 'Nothing flips.';
  }
  const rows = flips.map(({ chain, digest, before, after, cause, findings }) => [
    digest,
    chain,
    `${before} → ${after}`,
    cause.join(', '),
    findings.map((finding) => goneOrNot(finding)).join(', '),
  ]);
  const rest = next === null ? '' : '\nThere are more: --csv FILE writes all of them.\n';
  return `${counts.join(', ')}\n\n${table(['DIGEST', 'CHAIN', 'FLIP', 'CHANGED', 'FINDINGS'], rows)}${rest}`;
}

type FlipFinding = FlipPage['flips'][number]['findings'][number] & { readonly gone?: boolean };

function goneOrNot({ code, gone }: FlipFinding): string {
  return gone ? `no more ${code}` : code;
}

function stateOf({ state, stale }: ReplayInfo): string {
  return stale ? `${state}, stale` : state;
}

function approvalOf({ needsApproval, approvedBy, flipsAlone }: ReplayInfo): string | false {
  if (approvedBy) {
    return `by token ${approvedBy}`;
  }
  return needsApproval && `needed of a second operator: more than ${flipsAlone} % flip`;
}

/** What was chosen, as the filter says it. */
function choiceOf({ filter, hypothetical }: ReplayInfo): string {
  const chosen = Object.entries(filter).map(([name, value]) => {
    const text = String(value);
    return value === true ? name : `${name} ${/^[0-9a-f]{64}$/.test(text) ? short(text) : text}`;
  });
  return [...chosen, ...(hypothetical ? [`as if by layout ${short(hypothetical.layout)}`] : [])].join(', ');
}
