import { fingerprintOf } from '../keys/fingerprint.js';
import type { PublicKey } from '../keys/public-key.js';
import { screenKey } from '../keys/screen-key.js';
import type { Layout } from '../metadata/layout.js';
import { checkAuthorization, type Holders } from './check-authorization.js';
import { refuse, STRICT_ISSUES, type StrictIssue } from './issues.js';

/** Screening takes milliseconds for each key, and a chain has few functionaries. */
const MOST_KEYS = 256;

/** The keys that a layout holds, and who may do what with them. */
export function checkKeys({ keys, steps }: Layout): StrictIssue[] {
  const count = [...keys.values()].reduce((sum, key) => sum + 1 + key.subkeys.size, 0);
  if (count > MOST_KEYS) {
    return [
      refuse(
        'KEYS_TOO_MANY',
        'keys',
        `Hold at most ${MOST_KEYS} keys and subkeys, those of the steps.`,
        String(count),
      ),
    ];
  }
  const holders = holdersOf(keys);
  return [
    ...[...keys].flatMap(([keyid, key]) => keyIssues(keyid, key)),
    ...keysTwice(keys, holders),
    ...steps.flatMap((step, i) => checkAuthorization(step, `steps/${i}`, keys, holders)),
  ];
}

/** Links by a key and by its subkeys count once, and so do those by one key under two ids. */
function holdersOf(keys: ReadonlyMap<string, PublicKey>): Holders {
  const holders = new Map<string, string>();
  for (const [keyid, key] of keys) {
    const holder = fingerprintOf(key) ?? keyid;
    for (const subkey of key.subkeys.keys()) holders.set(subkey, holder);
    holders.set(keyid, holder);
  }
  return holders;
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
function keysTwice(keys: ReadonlyMap<string, PublicKey>, holders: Holders): StrictIssue[] {
  const known = new Map<string, string>();
  return [...keys.keys()].flatMap((keyid) => {
    const holder = holders.get(keyid) ?? keyid;
    const other = known.get(holder);
    known.set(holder, keyid);
    if (other === undefined) return [];
    return [
      refuse('KEY_TWICE', `keys/${keyid}`, 'Keep one of the two ids and name it in every step.', other),
    ];
  });
}
