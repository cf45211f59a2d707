import type { PublicKey } from '../keys/public-key.js';
import type { Step } from '../metadata/items.js';
import { refuse, type StrictIssue, warn } from './issues.js';

/** Whose signature it is, by the id of a key or subkey: links of one holder count once. */
export type Holders = ReadonlyMap<string, string>;

/** Who may sign links of a step, and how many of them must. */
export function checkAuthorization(
  step: Step,
  where: string,
  keys: ReadonlyMap<string, PublicKey>,
  holders: Holders,
): StrictIssue[] {
  if (step.pubkeys.length === 0) {
    const fix = 'Name the ids of the keys that may sign links of the step.';
    return [refuse('STEP_WITHOUT_KEYS', `${where}/pubkeys`, fix)];
  }
  return [
    ...pubkeyIssues(step, where, holders),
    ...thresholdIssues(step, where, holders),
    ...sharedPrefixes(step, where, keys),
  ];
}

function pubkeyIssues({ pubkeys }: Step, where: string, holders: Holders): StrictIssue[] {
  const named = new Set<string>();
  return pubkeys.flatMap((keyid, i) => {
    const place = `${where}/pubkeys/${i}`;
    const isRepeated = named.has(keyid);
    named.add(keyid);
    if (!holders.has(keyid)) {
      return [
        refuse('STEP_KEY_UNKNOWN', place, 'Add the key to "keys", or take its id out of the step.', keyid),
      ];
    }
    return isRepeated ? [warn('STEP_KEY_REPEATED', place, 'Name it once.', keyid)] : [];
  });
}

function thresholdIssues({ threshold, raw, pubkeys }: Step, where: string, holders: Holders): StrictIssue[] {
  const place = `${where}/threshold`;
  const fix = 'State how many different keys must have signed, from 1 to the number of keys the step names.';
  if (typeof raw.threshold === 'boolean') return [refuse('THRESHOLD_NOT_A_NUMBER', place, fix)];
  if (threshold < 1) return [refuse('THRESHOLD_BELOW_ONE', place, fix, String(threshold))];
  const different = new Set(pubkeys.map((keyid) => holders.get(keyid) ?? keyid)).size;
  if (threshold <= different) return [];
  return [refuse('THRESHOLD_UNREACHABLE', place, fix, `${threshold} of ${different}`)];
}

/** Link files are named by the first eight characters of the key id (in-toto 1.0, 4.4.1). */
function sharedPrefixes(
  { pubkeys }: Step,
  where: string,
  keys: ReadonlyMap<string, PublicKey>,
): StrictIssue[] {
  const signers = new Set(pubkeys.flatMap((keyid) => [keyid, ...(keys.get(keyid)?.subkeys.keys() ?? [])]));
  const known = new Map<string, string>();
  return [...signers].flatMap((keyid) => {
    const prefix = keyid.slice(0, 8);
    const other = known.get(prefix);
    known.set(prefix, keyid);
    if (other === undefined) return [];
    const fix = 'Give the step keys whose ids differ in their first eight characters.';
    return [refuse('KEYID_PREFIX_SHARED', `${where}/pubkeys`, fix, `${other} and ${keyid}`)];
  });
}
