import { parseMetadata } from '#in-toto/index.js';
import { chainSettings } from '#persistence/chains/chain-settings.js';
import { insertChain } from '#persistence/chains/insert-chain.js';
import { insertLayout, type NewLayout } from '#persistence/layouts/insert-layout.js';
import { inTransaction } from '#persistence/transaction.js';
import { restoreTrust } from '#persistence/trust/written-trust.js';
import { sha256 } from '#storage/content-address.js';
import type { Inspection } from './inspection.js';
import { readBlob } from './read-blob.js';
import type { RecordedTrust } from './recorded-trust.js';

/**
 * Creates a chain that the index does not have, with every layout that was in force and its key register, in one
 * transaction. Without the bytes
 * of one of them it does not: an older layout must not come into force because the newer one was lost.
 */
export async function replayTrust(check: Inspection, trust: RecordedTrust): Promise<boolean> {
  const layouts: NewLayout[] = [];
  for (const record of trust.layouts) {
    const layout = await readLayout(check, trust.chain.name, record);
    if (!layout) {
      return false;
    }
    layouts.push(layout);
  }
  const { name, ownerKeys, ownerThreshold, at } = trust.chain;
  const settings = chainSettings.parse(trust.settings);
  await inTransaction(check.source, async (tx) => {
    const root = trust.roots.at(-1);
    const { id } = await insertChain(tx, {
      name,
      ownerKeys: root?.owners.map(({ key }) => key) ?? ownerKeys,
      ownerNames: root?.owners.map(({ owner }) => owner ?? null) ?? ownerKeys.map(() => null),
      ownerThreshold: root?.threshold ?? ownerThreshold,
      settings,
      createdAt: new Date(at),
    });
    for (const layout of layouts) {
      await insertLayout(tx, id, layout);
    }
    await restoreTrust(tx, id, {
      keys: [...trust.keys.values()],
      events: [...trust.events.values()],
      roots: trust.roots,
    });
  });
  return true;
}

async function readLayout(
  check: Inspection,
  chain: string,
  record: RecordedTrust['layouts'][number],
): Promise<NewLayout | undefined> {
  const bytes = await readBlob(check, { chain, kind: 'layouts', id: Buffer.from(record.id, 'hex') });
  return (
    bytes && {
      ...describeLayout(bytes),
      activation: { version: record.version, at: new Date(record.at) },
    }
  );
}

/** What the index takes from the bytes of a layout. */
export function describeLayout(bytes: Buffer): Omit<NewLayout, 'activation'> {
  const metadata = parseMetadata(bytes);
  const { payload } = metadata;
  if (payload.type !== 'layout' || !(payload.expires instanceof Date)) {
    throw new Error('a stored layout is none');
  }
  return { id: sha256(bytes), statement: sha256(metadata.signedBytes), expires: payload.expires };
}
