import type { NewLink } from '#persistence/links/new-link.js';
import { readLink } from '#persistence/links/read-link.js';
import { storeLinks } from '#persistence/links/store-links.js';
import { inTransaction } from '#persistence/transaction.js';
import { fingerprintBytes } from '#persistence/uploads/read-upload.js';
import type { LinkPosted } from '#storage/journal-record.js';
import { forAll } from './in-pages.js';
import { type CheckedChain, type Inspection, tell } from './inspection.js';
import { signersByAny } from './layouts-in-force.js';
import { readBlob } from './read-blob.js';

const LINKS_AT_ONCE = 100;
const READS_AT_ONCE = 16;

/**
 * Indexes arrivals of earlier, each with the place and the time that it had. Returns how many: of those whose bytes are
 * lost there is no index.
 */
export async function rebuildLinks(
  check: Inspection,
  chain: CheckedChain,
  records: readonly LinkPosted[],
): Promise<number> {
  let indexed = 0;
  for (const batch of batchesOf(records)) {
    const read = await forAll(batch, READS_AT_ONCE, (record) => readRecorded(check, chain, record));
    const links = read.flatMap((link) => link ?? []);
    if (links.length > 0) {
      await inTransaction(check.source, (tx) => storeLinks(tx, chain.id, links));
    }
    indexed += links.length;
    check.progress.advance(batch.length);
  }
  return indexed;
}

/** A transaction makes one row of the arrivals of one link, and it must be that of the first: so each gets its own. */
function* batchesOf(records: readonly LinkPosted[]): Iterable<LinkPosted[]> {
  let batch: LinkPosted[] = [];
  const ids = new Set<string>();
  for (const record of records) {
    if (batch.length === LINKS_AT_ONCE || ids.has(record.id)) {
      yield batch;
      batch = [];
      ids.clear();
    }
    batch.push(record);
    ids.add(record.id);
  }
  if (batch.length > 0) {
    yield batch;
  }
}

async function readRecorded(
  check: Inspection,
  chain: CheckedChain,
  { id, at, seq, run, subject, poster }: LinkPosted,
): Promise<NewLink | undefined> {
  const bytes = await readBlob(check, { chain: chain.name, kind: 'links', id: Buffer.from(id, 'hex') });
  const read = bytes && (await readStrictly(check, chain, bytes, id));
  if (!read) {
    return undefined;
  }
  const { metadata, ...link } = read;
  const receivedAt = new Date(at);
  return {
    ...link,
    signers: signersByAny(chain.layouts ?? [], metadata, receivedAt).map(fingerprintBytes),
    run: run?.name,
    attempt: run?.attempt ?? 1,
    declared: subject === undefined ? undefined : Buffer.from(subject, 'hex'),
    poster,
    arrival: { at: receivedAt, seq, joined: run?.joined },
  };
}

export async function readStrictly(
  check: Inspection,
  chain: CheckedChain,
  bytes: Buffer,
  subject: string,
): Promise<ReturnType<typeof readLink> | undefined> {
  try {
    return readLink(bytes);
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    await tell(check, { code: 'LINK_UNREADABLE', chain: chain.name, subject, detail: `${code}: ${message}` });
    return undefined;
  }
}
