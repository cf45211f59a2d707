import { holdersOf } from '#key-lifecycle/holders-of.js';
import { signatureCounts } from '#key-lifecycle/signature-counts.js';
import { chainSettings, lifecyclePolicy } from '#persistence/chains/chain-settings.js';
import type { Reader } from '#persistence/transaction.js';
import { keyRecords } from '#persistence/trust/key-records.js';
import { isNamed, type OwnerKey } from '#persistence/trust/root-in-force.js';
import type { ProblemItem } from '#platform/problems.js';

/** What the valid signatures of owners are worth by the key register. */
export interface WeighedSigners {
  /** Fingerprints of the keys whose signature counts. */
  readonly counting: readonly string[];
  /** Who holds them; each once. */
  readonly owners: readonly string[];
  /** Why others do not count. */
  readonly refused: readonly ProblemItem[];
}

/** `signers` have validly signed a file that was received at that time: which of the signatures count? */
export async function weighSigners(
  reader: Reader,
  chainId: number,
  signers: readonly OwnerKey[],
  receivedAt: Date,
): Promise<WeighedSigners> {
  const [chain] = await reader.query<[{ settings: unknown }]>('select settings from chain where id = $1', [
    chainId,
  ]);
  const policy = lifecyclePolicy(chainSettings.parse(chain.settings));
  const fingerprints = signers.map(({ fingerprint }) => fingerprint);
  const records = await keyRecords(reader, chainId, fingerprints);
  const counting: OwnerKey[] = [];
  const refused: ProblemItem[] = [];
  for (const signer of signers) {
    const record = records.get(signer.fingerprint);
    const standing = record && signatureCounts(record, receivedAt, policy);
    if (standing?.counts) {
      counting.push(isNamed(signer) ? signer : { ...signer, owner: record?.owner ?? signer.owner });
    } else if (standing) {
      const message = `the signature of ${signer.owner} does not count (key ${signer.fingerprint})`;
      refused.push({ path: 'signatures', code: standing.code, message });
    }
  }
  return {
    counting: counting.map(({ fingerprint }) => fingerprint),
    owners: holdersOf(counting),
    refused,
  };
}
