import type { Reader } from '../transaction.js';
import type { KeyRow } from './key-records.js';

export interface RegisteredKey extends KeyRow {
  readonly key: Record<string, unknown>;
  readonly keyids: string[];
  readonly algorithm: string;
  readonly registered_at: Date;
}

/** Every key that the chain knows, oldest first. */
export function listKeys(reader: Reader, chainId: number): Promise<RegisteredKey[]> {
  return reader.query(
    `select ${COLUMNS} from trust_key where chain_id = $1 order by registered_at, fingerprint`,
    [chainId],
  );
}

/** The key with that fingerprint, else every key that clients name so. */
export async function findKeys(reader: Reader, chainId: number, name: string): Promise<RegisteredKey[]> {
  const fingerprint = /^[0-9a-f]{64}$/.test(name) ? Buffer.from(name, 'hex') : null;
  const found = await reader.query<RegisteredKey[]>(
    `select ${COLUMNS} from trust_key where chain_id = $1 and (fingerprint = $2 or $3 = any(keyids))`,
    [chainId, fingerprint, name],
  );
  const exact = found.filter((row) => fingerprint?.equals(row.fingerprint));
  return exact.length > 0 ? exact : found;
}

const COLUMNS = 'fingerprint, key, keyids, algorithm, owner, not_before, not_after, changes, registered_at';
