import { checkLeftovers, listBlobs, tellUnreferenced } from './check-blobs.js';
import { checkImagePosters } from './check-image-posters.js';
import { checkImages } from './check-images.js';
import { checkJournal } from './check-journal.js';
import { checkLinks } from './check-links.js';
import { checkSubjects } from './check-subjects.js';
import { checkTrust } from './check-trust.js';
import { checkUnexplained } from './check-unexplained.js';
import { checkVerdicts } from './check-verdicts.js';
import { type Inspection, tell } from './inspection.js';
import { layoutsInForce } from './layouts-in-force.js';
import { trustRecords } from './read-records.js';
import { moveCounters, UNREAD_TRUST } from './rebuild.js';
import { rebuildTrust } from './rebuild-trust.js';
import { foldTrust } from './recorded-trust.js';
import { Survey } from './survey.js';

/**
 * Compares the blob store with the index, both ways, and the verdicts with the evidence. The bytes are right, and what
 * follows from them; the journal is right about what does not. Nothing that is signed is ever changed or removed.
 */
export async function fsck(check: Inspection): Promise<void> {
  const survey = new Survey();
  const unreferenced = await listBlobs(check, survey);
  await checkChainsOfJournal(check, survey);

  const told = new Set<string>();
  for (const row of await chainRows(check)) {
    await checkTrust(check, row);
    const chain = { ...row, layouts: await layoutsInForce(check.source, check.blobs, row) };
    const unexplained = await checkLinks(check, chain);
    const missing = await checkJournal(check, chain, survey.hoursOf(chain.name, 'links'), unexplained);
    missing.forEach((id) => {
      told.add(`${chain.name} ${id}`);
    });
    await checkUnexplained(check, chain, unexplained);
    await checkImages(check, chain);
    await checkImagePosters(check, chain, survey.hoursOf(chain.name, 'images'));
    await checkSubjects(check, chain);
    await checkVerdicts(check, chain);
  }
  await tellUnreferenced(check, unreferenced, told);
  await checkLeftovers(check);
  if (check.repair) {
    await moveCounters(check);
  }
  check.progress.end();
}

/** A chain that the index does not have, as after restoring an older dump or a rebuild that was interrupted. */
async function checkChainsOfJournal(check: Inspection, survey: Survey): Promise<void> {
  const known = new Set((await chainRows(check)).map(({ name }) => name));
  for (const name of survey.chains.filter((chain) => !known.has(chain))) {
    const { records, isWhole } = await trustRecords(check, name);
    const trust = foldTrust(records);
    const detail = !isWhole
      ? UNREAD_TRUST
      : trust
        ? `created at ${trust.chain.at}`
        : 'the journal does not say who owns it';
    await tell(
      check,
      { code: 'CHAIN_NOT_INDEXED', chain: name, subject: name, detail },
      async () => trust !== undefined && isWhole && rebuildTrust(check, trust),
    );
  }
}

type ChainRow = Parameters<typeof checkTrust>[1];

function chainRows({ source }: Inspection): Promise<ChainRow[]> {
  return source.query<ChainRow[]>(
    `select id, name, owner_keys, owner_threshold, settings, active_layout, created_at from chain order by name`,
  );
}
