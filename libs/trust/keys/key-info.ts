import { type Limit, limitsInForce } from '#key-lifecycle/limits-in-force.js';
import { type LifecyclePolicy, type Standing, signatureCounts } from '#key-lifecycle/signature-counts.js';
import type { RegisteredKey } from '#persistence/trust/find-keys.js';
import { toKeyRecord } from '#persistence/trust/key-records.js';
import type { VerdictsByKey } from '#persistence/verdicts/verdicts-by-key.js';
import type { EventInfo } from '../event-info.js';
import type { KeyRole, RoleOf } from './key-roles.js';

export interface KeyInfo {
  /** SHA-256 of the canonical SubjectPublicKeyInfo, whatever clients call the key. */
  readonly fingerprint: string;
  readonly keyids: readonly string[];
  readonly algorithm: string;
  readonly owner: string;
  readonly notBefore: string | null;
  readonly notAfter: string | null;
  readonly registeredAt: string;
  readonly role: KeyRole;
  /** Of a signature that is received now. */
  readonly standing: Standing;
  /** What limits it and has not been ended; `seq` is what an undoing names. */
  readonly limits: readonly Limit[];
}

export interface KeyHistory extends KeyInfo {
  readonly key: Readonly<Record<string, unknown>>;
  /** Everything that was recorded about it, oldest first. */
  readonly events: readonly EventInfo[];
  readonly verdicts: VerdictsByKey;
}

export function keyInfo(key: RegisteredKey, roleOf: RoleOf, policy: LifecyclePolicy, now: Date): KeyInfo {
  const record = toKeyRecord(key);
  return {
    fingerprint: record.fingerprint,
    keyids: key.keyids,
    algorithm: key.algorithm,
    owner: record.owner,
    notBefore: record.notBefore?.toISOString() ?? null,
    notAfter: record.notAfter?.toISOString() ?? null,
    registeredAt: key.registered_at.toISOString(),
    role: roleOf(record.fingerprint),
    standing: signatureCounts(record, now, policy),
    limits: limitsInForce(record.changes),
  };
}
