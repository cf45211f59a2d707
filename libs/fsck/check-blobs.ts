import { parseAttestation } from '#in-toto/index.js';
import { INCOMING } from '#storage/blob-store.js';
import { type BlobKind, blobKey, readVerified } from '#storage/content-address.js';
import { inPages } from './in-pages.js';
import { type Inspection, isYoung, tell } from './inspection.js';
import { readKey, type Survey } from './survey.js';

const KEYS_AT_ONCE = 1_000;
/** More than these are left to the next run of the check. */
const HELD_AT_MOST = 1_000_000;

interface Unreferenced {
  readonly chain: string;
  readonly kind: Exclude<BlobKind, 'manifests' | 'roots'>;
  readonly hex: string;
}

/** Lists the whole store once: fills the survey, and returns the blobs of links and layouts that no row speaks of. */
export async function listBlobs(
  check: Inspection,
  survey: Survey,
): Promise<ReadonlyMap<string, Unreferenced>> {
  const unreferenced = new Map<string, Unreferenced>();
  check.progress.begin('blobs listed');
  for await (const keys of inPages(check.blobs.list(''), KEYS_AT_ONCE)) {
    const blobs: Unreferenced[] = [];
    for (const key of keys) {
      const address = readKey(key);
      survey.note(address);
      if (!address) {
        const detail = 'no name that Custody gives; whoever put it there knows what it is';
        await tell(check, { code: 'BLOB_UNREFERENCED', chain: null, subject: key, detail });
      } else if (address.kind === 'links' || address.kind === 'layouts') {
        blobs.push({ chain: address.chain, kind: address.kind, hex: address.id.toString('hex') });
      }
    }
    for (const blob of await withoutRow(check, blobs)) {
      if (unreferenced.size < HELD_AT_MOST) {
        unreferenced.set(`${blob.chain} ${blob.hex}`, blob);
      }
    }
    check.report.looked('blobs listed', keys.length);
    check.progress.advance(keys.length);
  }
  return unreferenced;
}

async function withoutRow({ source }: Inspection, blobs: readonly Unreferenced[]): Promise<Unreferenced[]> {
  const rows = await source.query<{ name: string; kind: string; id: Buffer }[]>(
    `select own.name, own.kind, own.id from unnest($1::text[], $2::text[], $3::bytea[]) own(name, kind, id)
       join chain using (name)
      where case own.kind when 'links' then exists (select from link where link.chain_id = chain.id and link.id = own.id)
                 else exists (select from layout where layout.chain_id = chain.id and layout.id = own.id) end`,
    [
      blobs.map(({ chain }) => chain),
      blobs.map(({ kind }) => kind),
      blobs.map(({ hex }) => Buffer.from(hex, 'hex')),
    ],
  );
  const known = new Set(rows.map(({ name, kind, id }) => `${name} ${kind} ${id.toString('hex')}`));
  return blobs.filter(({ chain, kind, hex }) => !known.has(`${chain} ${kind} ${hex}`));
}

/**
 * Blobs that neither a row nor a record speaks of. A crash between blob and record leaves such: nobody was told that they
 * are stored, and in which run they belong nobody knows. They are named and left.
 */
export async function tellUnreferenced(
  check: Inspection,
  unreferenced: ReadonlyMap<string, Unreferenced>,
  told: ReadonlySet<string>,
): Promise<void> {
  const rest = [...unreferenced].filter(([name]) => !told.has(name)).map(([, blob]) => blob);
  for await (const page of inPages(rest, KEYS_AT_ONCE)) {
    for (const { chain, kind, hex } of await withoutRow(check, page)) {
      const key = blobKey(chain, kind, Buffer.from(hex, 'hex'));
      const written = await check.blobs.writtenAt(key);
      if (written && !isYoung(check, written)) {
        const what = await describe(check, { chain, kind, hex });
        const detail = `${what}, written at ${written.toISOString()}; post it again if it is wanted`;
        await tell(check, { code: 'BLOB_UNREFERENCED', chain, subject: key, detail });
      }
    }
  }
}

async function describe({ blobs }: Inspection, { chain, kind, hex }: Unreferenced): Promise<string> {
  try {
    const bytes = await readVerified(blobs, chain, kind, Buffer.from(hex, 'hex'));
    const { payload, signatures } = parseAttestation(bytes ?? Buffer.alloc(0));
    const step = payload.type === 'link' ? `a link of step ${JSON.stringify(payload.name)}` : 'a layout';
    return `${step} signed by ${signatures.map(({ keyid }) => keyid).join(', ')}`;
  } catch {
    return 'not what its name says';
  }
}

/** What killed writers left behind in the store of files. */
export async function checkLeftovers(check: Inspection): Promise<void> {
  for await (const key of check.blobs.list(`${INCOMING}/`)) {
    const written = await check.blobs.writtenAt(key);
    if (written && !isYoung(check, written)) {
      const detail = `unfinished since ${written.toISOString()}`;
      await tell(check, { code: 'LEFTOVER', chain: null, subject: key, detail }, async () => {
        await check.blobs.delete(key);
        return true;
      });
    }
  }
}
