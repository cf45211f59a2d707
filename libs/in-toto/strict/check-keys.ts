import { fingerprintOf } from '../keys/fingerprint.js';
import type { PublicKey } from '../keys/public-key.js';
import { screenKey } from '../keys/screen-key.js';
import type { Step } from '../metadata/items.js';
import type { Layout } from '../metadata/layout.js';
import { refuse, STRICT_ISSUES, type StrictIssue, warn } from './issues.js';

/** The keys that a layout holds, and who may do what with them. */
export function checkKeys(layout: Layout): StrictIssue[] {
  return [
    ...[...layout.keys].flatMap(([keyid, key]) => keyIssues(keyid, key)),
    ...keysTwice(layout.keys),
    ...layout.steps.flatMap((step, i) => stepIssues(step, `steps/${i}`, layout)),
  ];
}

function keyIssues(keyid: string, key: PublicKey): StrictIssue[] {
  const where = `keys/${keyid}`;
  const weak = screenKey(key).map(({ code, severity, fix, keyid: id }) => ({
    code,
    severity,
    message: `${STRICT_ISSUES[code]} (${id})`,
    fix,
    where,
  }));
  if (key.keyid === keyid) return weak;
  return [...weak, refuse('KEY_UNDER_OTHER_ID', where, 'Use the id that the key object states.', key.keyid)];
}

/** Thresholds count ids. Whoever holds one key under two ids could meet a threshold of two alone. */
function keysTwice(keys: ReadonlyMap<string, PublicKey>): StrictIssue[] {
  const known = new Map<string, string>();
  return [...keys].flatMap(([keyid, key]) => {
    const fingerprint = fingerprintOf(key);
    const other = fingerprint && known.get(fingerprint);
    if (fingerprint) known.set(fingerprint, keyid);
    return other === undefined
      ? []
      : [refuse('KEY_TWICE', `keys/${keyid}`, 'Keep one of the two ids and name it in every step.', other)];
  });
}

function stepIssues(step: Step, where: string, { keys }: Layout): StrictIssue[] {
  if (step.pubkeys.length === 0) {
    return [
      refuse(
        'STEP_WITHOUT_KEYS',
        `${where}/pubkeys`,
        'Name the ids of the keys that may sign links of the step.',
      ),
    ];
  }
  return [
    ...authorization(step, where, keys),
    ...thresholdIssues(step, where, keys),
    ...sharedPrefixes(step, where, keys),
  ];
}

function authorization(step: Step, where: string, keys: ReadonlyMap<string, PublicKey>): StrictIssue[] {
  const subkeys = new Set([...keys.values()].flatMap((key) => [...key.subkeys.keys()]));
  return step.pubkeys.flatMap((keyid, i) => {
    const place = `${where}/pubkeys/${i}`;
    if (!keys.has(keyid) && !subkeys.has(keyid)) {
      return [
        refuse('STEP_KEY_UNKNOWN', place, 'Add the key to "keys", or take its id out of the step.', keyid),
      ];
    }
    return step.pubkeys.indexOf(keyid) < i ? [warn('STEP_KEY_REPEATED', place, 'Name it once.', keyid)] : [];
  });
}

function thresholdIssues(
  { threshold, raw, pubkeys }: Step,
  where: string,
  keys: ReadonlyMap<string, PublicKey>,
): StrictIssue[] {
  const place = `${where}/threshold`;
  const fix = 'State how many different keys must have signed, from 1 to the number of keys the step names.';
  if (typeof raw.threshold === 'boolean') return [refuse('THRESHOLD_NOT_A_NUMBER', place, fix)];
  if (threshold < 1) return [refuse('THRESHOLD_BELOW_ONE', place, fix, String(threshold))];
  const different = new Set(pubkeys.map((keyid) => mainKeyOf(keyid, keys)));
  if (threshold <= different.size) return [];
  return [refuse('THRESHOLD_UNREACHABLE', place, fix, `${threshold} of ${different.size}`)];
}

/** Links by a key and by its subkeys count once. */
function mainKeyOf(keyid: string, keys: ReadonlyMap<string, PublicKey>): string {
  const main = keys.get(keyid) ?? [...keys.values()].find((key) => key.subkeys.has(keyid));
  return (main && fingerprintOf(main)) ?? keyid;
}

function sharedPrefixes(step: Step, where: string, keys: ReadonlyMap<string, PublicKey>): StrictIssue[] {
  const known = new Map<string, string>();
  const signers = new Set(
    step.pubkeys.flatMap((keyid) => [keyid, ...(keys.get(keyid)?.subkeys.keys() ?? [])]),
  );
  return [...signers].flatMap((keyid) => {
    const prefix = keyid.slice(0, 8);
    const other = known.get(prefix);
    known.set(prefix, keyid);
    if (other === undefined) return [];
    const detail = `${other} and ${keyid}`;
    return [
      refuse(
        'KEYID_PREFIX_SHARED',
        `${where}/pubkeys`,
        'Give the step keys whose ids differ in their first eight characters.',
        detail,
      ),
    ];
  });
}
