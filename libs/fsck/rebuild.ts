import { postImage } from '#persistence/postings/post-image.js';
import { readImageFile } from '#persistence/subjects/read-manifest.js';
import { storeImage } from '#persistence/subjects/store-image.js';
import { inTransaction } from '#persistence/transaction.js';
import { type CheckedChain, type Inspection, tell } from './inspection.js';
import { layoutsInForce } from './layouts-in-force.js';
import { readBlob } from './read-blob.js';
import { imageRecords, linkRecords, trustRecords } from './read-records.js';
import { rebuildLinks } from './rebuild-links.js';
import { rebuildTrust } from './rebuild-trust.js';
import { foldTrust } from './recorded-trust.js';
import { readKey, Survey } from './survey.js';

/** The index is not empty, or the journal of a chain cannot be followed. */
export class RebuildRefused extends Error {
  override readonly name = 'RebuildRefused';
}

/**
 * Makes an empty index anew from the blob store alone: chains and layouts, then links in the order in which they came,
 * then images. What is known is marked on the way, so that workers make the verdicts.
 */
export async function rebuild(check: Inspection): Promise<void> {
  await requireEmpty(check);
  const survey = await surveyOf(check);
  for (const name of survey.chains) {
    const chain = await recreateChain(check, name);
    if (!chain) {
      continue;
    }
    check.progress.begin(`links of ${name}`);
    for (const hour of survey.hoursOf(name, 'links')) {
      const records = await linkRecords(check, name, hour);
      check.report.looked('links', await rebuildLinks(check, chain, records));
    }
    await replayImages(check, chain, survey.hoursOf(name, 'images'));
  }
  await moveCounters(check);
  check.progress.end();
}

async function requireEmpty({ source }: Inspection): Promise<void> {
  for (const table of ['chain', 'link', 'subject', 'verdict']) {
    const rows = await source.query<object[]>(`select from ${table} limit 1`);
    if (rows.length > 0) {
      throw new RebuildRefused(
        `The index is not empty: table ${table} has rows. --rebuild is for a new database only; what an interrupted rebuild has left out, --repair adds.`,
      );
    }
  }
}

async function surveyOf({ blobs, progress }: Inspection): Promise<Survey> {
  const survey = new Survey();
  progress.begin('blobs listed');
  for await (const key of blobs.list('')) {
    survey.note(readKey(key));
    progress.advance();
  }
  return survey;
}

export const UNREAD_TRUST =
  'part of its journal of trust cannot be read, and may say that a key is to be trusted no more';

async function recreateChain(check: Inspection, name: string): Promise<CheckedChain | undefined> {
  const { records, isWhole } = await trustRecords(check, name);
  const trust = foldTrust(records);
  if (!trust || !isWhole || !(await rebuildTrust(check, trust))) {
    const detail = !isWhole
      ? UNREAD_TRUST
      : trust
        ? 'a layout is lost, so that nobody can tell by what its links are to be judged'
        : 'the journal does not say who owns it';
    await tell(check, { code: 'CHAIN_NOT_INDEXED', chain: name, subject: name, detail });
    return undefined;
  }
  check.report.looked('chains', 1);
  check.report.looked('layouts', trust.layouts.length);
  const [{ id }] = await check.source.query<[{ id: number }]>('select id from chain where name = $1', [name]);
  return { id, name, layouts: await layoutsInForce(check.source, check.blobs, { id, name }) };
}

async function replayImages(check: Inspection, chain: CheckedChain, hours: readonly string[]): Promise<void> {
  check.progress.begin(`images of ${chain.name}`);
  for await (const key of check.blobs.list(`${chain.name}/manifests/`)) {
    const address = readKey(key);
    const bytes = address?.kind === 'manifests' ? await readBlob(check, address) : undefined;
    if (bytes) {
      await inTransaction(check.source, (tx) => storeImage(tx, chain.id, readImageFile(bytes)));
      check.report.looked('images', 1);
    }
    check.progress.advance();
  }
  for (const hour of hours) {
    for (const { id, poster, at } of await imageRecords(check, chain.name, hour)) {
      await inTransaction(check.source, (tx) =>
        postImage(tx, chain.id, Buffer.from(id, 'hex'), poster, new Date(at)),
      );
    }
  }
}

/** Rows that were written with a place of their own did not count. Never moved back. */
export async function moveCounters({ source }: Inspection): Promise<void> {
  const places = {
    link: 'select max(seq) as seq from link',
    run_link: 'select greatest((select max(seq) from run_link), (select max(joined) from posting)) as seq',
    trust_event: 'select max(seq) as seq from trust_event',
  };
  for (const [counted, newest] of Object.entries(places)) {
    await source.query(
      `select setval('${counted}_seq_seq', greatest(newest.seq, counter.last_value))
         from (${newest}) newest, ${counted}_seq_seq counter where newest.seq is not null`,
    );
  }
}
