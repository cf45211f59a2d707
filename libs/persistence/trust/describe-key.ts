import type { Description } from '#key-lifecycle/description.js';
import type { Transaction } from '../transaction.js';
import { recordEvent } from './record-event.js';

/** Says of a registered key who holds it and when it is valid. The event holds what was said, and nothing else. */
export async function describeKey(
  tx: Transaction,
  chainId: number,
  fingerprint: Buffer,
  said: Description,
  by: { readonly actor: string; readonly reason: string },
): Promise<void> {
  await recordEvent(tx, chainId, { kind: 'key-described', fingerprint, body: { ...said }, ...by });
  await tx.query(
    `update trust_key set owner = coalesce($3, owner),
            not_before = case when $4 then $5 else not_before end,
            not_after = case when $6 then $7 else not_after end
      where chain_id = $1 and fingerprint = $2`,
    [
      chainId,
      fingerprint,
      said.owner ?? null,
      said.notBefore !== undefined,
      said.notBefore ?? null,
      said.notAfter !== undefined,
      said.notAfter ?? null,
    ],
  );
}
