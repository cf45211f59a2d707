import { fingerprintOf, type PublicKey } from '#in-toto/index.js';
import { type KeyRecord, unregistered } from '#key-lifecycle/key-record.js';
import { type KeyRefusal, signatureCounts } from '#key-lifecycle/signature-counts.js';
import { type ChainSettings, lifecyclePolicy } from '#persistence/chains/chain-settings.js';
import type { MetSignature } from '#persistence/verdicts/verdict-basis.js';
import type { KeyRegister } from './evidence.js';

/** By these a register is asked. A key that cannot be read has none, and no valid signatures either. */
export function fingerprintsOf(keys: readonly PublicKey[]): string[] {
  return [...new Set(keys.flatMap((key) => fingerprintOf(key) ?? []))];
}

/** What a register knows of a key. A key and its subkeys are one. */
function recordOf(key: PublicKey, keys: KeyRegister): KeyRecord {
  const fingerprint = fingerprintOf(key) ?? '';
  return keys.get(fingerprint) ?? unregistered(fingerprint);
}

/** Judges a signature of the key that is known to be valid, by when the service received it. */
export function judgeSignature(
  key: PublicKey,
  role: MetSignature['role'],
  receivedAt: Date,
  { keys, settings }: { readonly keys: KeyRegister; readonly settings: ChainSettings },
): JudgedSignature {
  const record = recordOf(key, keys);
  const standing = signatureCounts(record, receivedAt, lifecyclePolicy(settings));
  return {
    key,
    refusal: standing.counts ? undefined : standing.code,
    met: {
      fingerprint: record.fingerprint,
      role,
      receivedAt: receivedAt.toISOString(),
      owner: record.owner,
      standing: !standing.counts ? 'refused' : standing.grandfathered ? 'grandfathered' : 'counted',
    },
  };
}

export interface JudgedSignature {
  readonly key: PublicKey;
  readonly met: MetSignature;
  /** Why it does not count; undefined when it does. */
  readonly refusal: KeyRefusal | undefined;
}

/** Each signature once, in an order that does not depend on the links'. */
export function distinctSignatures(signatures: readonly MetSignature[]): MetSignature[] {
  const known = new Map(
    signatures.map((met) => [`${met.role} ${met.fingerprint} ${met.receivedAt}`, met] as const),
  );
  return [...known].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, met]) => met);
}

/** How many persons or systems hold these keys. */
export function countOwners(signatures: readonly JudgedSignature[]): number {
  return new Set(signatures.map(({ met }) => met.owner)).size;
}
