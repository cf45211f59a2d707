import { changedBy, type Described, type Description, widenedBy } from '#key-lifecycle/description.js';
import type { KeyRecord } from '#key-lifecycle/key-record.js';
import type { Transaction } from '#persistence/transaction.js';
import { describeKey } from '#persistence/trust/describe-key.js';
import type { RegisteredKey } from '#persistence/trust/find-keys.js';
import { toKeyRecord } from '#persistence/trust/key-records.js';
import { eventsOfKey } from '#persistence/trust/list-events.js';
import { isNamed, rootInForce } from '#persistence/trust/root-in-force.js';
import { Problem } from '#platform/problems.js';
import type { Author } from '../author.js';

/**
 * Says of a key who holds it and when it is valid. What narrows is taken as it comes; what may let more count than before
 * is for another operator than the one who set it as it is.
 */
export async function describeKnownKey(
  tx: Transaction,
  chainId: number,
  key: RegisteredKey,
  description: Description,
  author: Author,
): Promise<void> {
  const record = toKeyRecord(key);
  const changed = changedBy(record, description);
  if (changed.length === 0) {
    return;
  }
  if (changed.includes('owner')) {
    await requireUnnamed(tx, chainId, record);
  }
  const widened = widenedBy(record, description);
  const setters = await settersOf(tx, chainId, key.fingerprint, widened);
  if (setters.includes(author.actor)) {
    throw new Problem('SECOND_OPERATOR_NEEDED', { detail: `You set ${widened.join(' and ')} as it is.` });
  }
  const said = Object.fromEntries(changed.map((field) => [field, description[field]]));
  await describeKey(tx, chainId, key.fingerprint, said, author);
}

/** Whose key an owner's is, the owners have signed. */
async function requireUnnamed(tx: Transaction, chainId: number, { fingerprint }: KeyRecord): Promise<void> {
  const root = await rootInForce(tx, chainId);
  const named = root?.keys.filter(isNamed).find((key) => key.fingerprint === fingerprint);
  if (named) {
    throw new Problem('OWNER_NAMED_BY_ROOT', {
      detail: `The root in force says that it is ${named.owner}'s.`,
    });
  }
}

/** Who last set each of these. */
async function settersOf(
  tx: Transaction,
  chainId: number,
  fingerprint: Buffer,
  fields: readonly Described[],
): Promise<string[]> {
  const events = fields.length > 0 ? await eventsOfKey(tx, chainId, fingerprint) : [];
  const setters = fields.map((field) =>
    events.findLast(({ kind, body }) => kind === 'key-described' && Object.hasOwn(body, field)),
  );
  return setters.flatMap((event) => event?.actor ?? []);
}
