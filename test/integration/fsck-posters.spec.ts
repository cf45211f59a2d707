import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BlobStore } from '#storage/blob-store.js';
import { manifestOf } from '../attacks/images.js';
import { expectStatus } from '../support/client.js';
import { exampleChain } from '../support/example-chain.js';
import { indexRows } from '../support/index-rows.js';
import { type Service, startService } from '../support/service.js';
import { codesOf, findingsOf, type StoreCheck } from '../support/store-check.js';

const CHAIN = 'acme/web';
const example = exampleChain();

/** CI posts a run and the manifest of its image; a scanner the same: to the run, as a later attempt, and without a run. */
async function postAsTwo({ operator }: Service): Promise<void> {
  await operator.found(CHAIN, example);
  const subject = example.imageDigest;
  const tokenOf = (principal: string) => operator.createToken(['ingest'], CHAIN, { principal });
  const [ci, scanner] = [operator.as(await tokenOf('ci')), operator.as(await tokenOf('scanner'))];
  await ci.postRun(example, { chain: CHAIN, run: '7', subject });
  for (const { bytes } of example.links.slice(0, 2)) {
    for (const circumstances of [{ run: '7', subject }, { run: '7', attempt: 2 }, {}]) {
      expectStatus(await scanner.postLink(bytes, { chain: CHAIN, ...circumstances }), 200);
    }
  }
  for (const client of [ci, scanner]) {
    expectStatus(await client.post(`/subjects/manifests?chain=${CHAIN}`, manifestOf(subject, 'layer')), 200);
  }
}

const WRONG = 'POSTING_ROW_WRONG';
const OF_SCANNER = `principal = 'scanner'`;

describe('a check of who posted what', () => {
  let service: Service;
  let check: StoreCheck;
  let before: Record<string, unknown[]>;

  beforeEach(async () => {
    service = await startService();
    check = { source: service.app.get(DataSource), blobs: service.app.get(BlobStore) };
    await postAsTwo(service);
    before = await indexRows(check.source);
  });

  afterEach(() => service?.stop());

  const find = async () => codesOf(await findingsOf(check));
  const repair = () => findingsOf(check, true);

  it('finds nothing in a sound store', async () => {
    expect(await findingsOf(check)).toEqual([]);
  });

  it.each([
    ['whose a file is', `update link set principal = 'mallory'`, 'LINK_ROW_WRONG'],
    ['whose it is not any more', `update link set principal = '', token = ''`, 'LINK_ROW_WRONG'],
    ['by which token', `update link set token = 'another'`, 'LINK_ROW_WRONG'],
    ['who posted it to a run', `update posting set principal = 'mallory' where ${OF_SCANNER}`, WRONG],
    [
      'who posted it at all',
      `update posting set principal = 'mallory' where run = '' and ${OF_SCANNER}`,
      WRONG,
    ],
    ['to which run', `update posting set run = '8' where run = '7'`, WRONG],
    ['by which token he put it there', `update posting set token = 'another'`, WRONG],
    ['where it is in his run', 'update posting set joined = joined + 1000', WRONG],
    ['which attempt of his it is', `update posting set attempt = 9 where run = '7'`, WRONG],
    ['when it was', `update posting set posted_at = posted_at - interval '3 hours'`, WRONG],
    ['the lack of postings', 'delete from posting', 'LINK_NOT_INDEXED'],
    ['the lack of declarations', 'delete from declaration', 'LINK_NOT_INDEXED'],
    ['the lack of who posted an image', 'delete from image_posting', 'IMAGE_NOT_INDEXED'],
    ['by which token an image was', `update image_posting set token = 'another'`, WRONG],
    ['when it was posted', `update image_posting set posted_at = now()`, WRONG],
  ])('finds wrong rows, and writes them anew: %s', async (_, damage, code) => {
    await service.query(damage);
    expect(await find()).toContain(code);
    const repaired = await repair();
    expect(repaired.filter((finding) => !finding.repaired)).toEqual([]);
    expect(await find()).toEqual([]);
    expect(await indexRows(check.source)).toEqual(before);
  });

  it('writes the journal anew where it was lost, with everybody who posted', async () => {
    await rm(join(service.dataDir, 'blobs', CHAIN, 'journal', 'links'), { recursive: true });
    await rm(join(service.dataDir, 'blobs', CHAIN, 'journal', 'images'), { recursive: true });
    expect(await find()).toEqual(['JOURNAL_MISSING']);
    await repair();
    expect(await find()).toEqual([]);

    await service.query(`update link set principal = 'mallory'`);
    await service.query('delete from posting');
    await service.query('delete from image_posting');
    await repair();
    const { declaration: _, ...rows } = await indexRows(check.source);
    expect(before).toMatchObject(rows);
  });
});
