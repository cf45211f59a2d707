import type { Limit } from '#key-lifecycle/limits-in-force.js';
import type { KeyHistory, KeyInfo } from '#trust/keys/key-info.js';
import type { ChangeInfo } from '#trust/keys/key-service.js';
import { describeEvents } from '../events/describe-events.js';
import { card, short, table } from '../output.js';

export function describeKeys(keys: readonly KeyInfo[]): string {
  const head = ['FINGERPRINT', 'OWNER', 'ALGORITHM', 'MAY SIGN', 'SIGNATURES NOW', 'VALID'];
  return table(
    head,
    keys
      .toSorted(byOwner)
      .map((key) => [
        short(key.fingerprint),
        ownerOf(key),
        key.algorithm,
        signsOf(key),
        standingOf(key),
        validityOf(key),
      ]),
  );
}

function byOwner(a: KeyInfo, b: KeyInfo): number {
  return a.owner.localeCompare(b.owner, 'en');
}

export function describeKey(key: KeyHistory): string {
  const entries: [string, string][] = [
    ['fingerprint', key.fingerprint],
    ['key ids', key.keyids.join(', ')],
    ['owner', ownerOf(key)],
    ['algorithm', key.algorithm],
    ['may sign', signsOf(key)],
    ['signatures now', standingOf(key)],
    ['valid', validityOf(key)],
    ...key.limits.map((limit): [string, string] => ['limit', describeLimit(limit)]),
    ['verdicts', worthOf(key.verdicts)],
  ];
  return `${card(entries)}\n${describeEvents(key.events)}`;
}

/** What an operator wants to know after a change: its number, to undo it by, and what it costs. */
export function describeChange({ fingerprint, change, verdicts }: ChangeInfo): string {
  return (
    `Recorded as event ${change.seq}: key ${short(fingerprint)} ${change.kind}.\n` +
    `Current verdicts found with the key: ${worthOf(verdicts)}.\n` +
    (isToBeReplayed(change.kind, verdicts)
      ? `What they are worth now: custody replays plan --key ${fingerprint} --reason TEXT\n`
      : '')
  );
}

/** A key that is retired in time leaves its verdicts as they are. What was found while a limit held does not come back by itself. */
function isToBeReplayed(
  kind: ChangeInfo['change']['kind'],
  { dependent, denied }: ChangeInfo['verdicts'],
): boolean {
  return dependent > 0 && !(kind === 'retired' && denied === 0);
}

/** Where very many depend on a key, those denied are not counted: that would take long. */
function worthOf({ dependent, denied }: ChangeInfo['verdicts']): string {
  return `${dependent}, of them denied now: ${denied ?? 'not counted'}`;
}

function describeLimit(limit: Limit): string {
  const from = limit.kind === 'retired' ? ` from ${limit.effective}` : '';
  const since = limit.kind === 'compromised' && limit.since ? ` since ${limit.since}` : '';
  return `${limit.kind}${from}${since} (event ${limit.seq})`;
}

/** A key that nobody named is an owner by itself. */
function ownerOf({ owner, fingerprint }: KeyInfo): string {
  return owner === fingerprint ? '-' : owner;
}

function signsOf({ role }: KeyInfo): string {
  const kinds = [...(role.owner ? ['layouts'] : []), ...role.steps];
  return kinds.join(', ') || 'nothing';
}

function standingOf({ standing }: KeyInfo): string {
  return standing.counts ? 'count' : standing.code;
}

function validityOf({ notBefore, notAfter }: KeyInfo): string {
  if (notBefore === null && notAfter === null) {
    return 'always';
  }
  return [notBefore && `from ${notBefore}`, notAfter && `until ${notAfter}`].filter(Boolean).join(' ');
}
