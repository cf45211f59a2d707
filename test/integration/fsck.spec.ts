import { statSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BlobStore } from '#storage/blob-store.js';
import { blobKey } from '#storage/content-address.js';
import { FileBlobStore } from '#storage/file-blob-store.js';
import { untilReplay } from '../replays/replay-world.js';
import { exampleChain } from '../support/example-chain.js';
import { type Service, startService } from '../support/service.js';
import { codesOf, findingsOf, type StoreCheck } from '../support/store-check.js';
import { link, sha256Hex, signMetablock } from '../support/supply-chain.js';

const CHAIN = 'acme/web';
const example = exampleChain();
const [tag] = example.links;
const tagHex = sha256Hex(tag?.bytes ?? '');
const tagId = Buffer.from(tagHex, 'hex');

describe('a check of the store', () => {
  let service: Service;
  let check: StoreCheck;
  let tagFile: string;

  beforeEach(async () => {
    service = await startService();
    await service.operator.found(CHAIN, example);
    await service.operator.postRun(example, { chain: CHAIN, run: '7', subject: example.imageDigest });
    await service.operator.waitForVerdict(example.imageDigest, 'pass', CHAIN);
    check = { source: service.app.get(DataSource), blobs: service.app.get(BlobStore) };
    tagFile = join(service.dataDir, 'blobs', blobKey(CHAIN, 'links', tagId));
  });

  afterEach(() => service?.stop());

  const find = async () => codesOf(await findingsOf(check));
  const repair = () => findingsOf(check, true);

  it('finds nothing in a sound one, while the service runs', async () => {
    expect(await findingsOf(check)).toEqual([]);
  });

  it('finds nothing after a replay was planned', async () => {
    const order = { filter: { all: true }, reason: 'a new engine' };
    expect((await service.operator.post('/replays', order)).status).toBe(201);
    expect(await findingsOf(check)).toEqual([]);
  });

  it('finds a flipped byte, and mends it from a copy', async () => {
    const sound = await readFile(tagFile);
    const copy = service.scratch('copy');
    await new FileBlobStore(copy).put(blobKey(CHAIN, 'links', tagId), sound);
    await writeFile(tagFile, Buffer.from(sound).fill('x', 40, 41));
    expect(await find()).toEqual(['BLOB_DAMAGED', 'VERDICT_WRONG']);
    expect(await repair()).toMatchObject([
      { code: 'BLOB_DAMAGED', subject: blobKey(CHAIN, 'links', tagId), repaired: false },
      { code: 'VERDICT_WRONG', repaired: false },
    ]);
    check = { ...check, spare: new FileBlobStore(copy) };
    expect(await repair()).toMatchObject([{ code: 'BLOB_DAMAGED', repaired: true }]);
    expect(await find()).toEqual([]);
    expect(await readFile(tagFile)).toEqual(sound);
  });

  it('finds a lost blob, and mends it from another chain that has the same', async () => {
    await service.operator.createChain('acme/other', example.owner);
    await service.operator.postLink(tag?.bytes ?? Buffer.alloc(0), { chain: 'acme/other' });
    await rm(tagFile);
    expect(await find()).toContain('BLOB_LOST');
    expect(await repair()).toMatchObject([{ code: 'BLOB_LOST', repaired: true }]);
    expect(await find()).toEqual([]);
  });

  it.each([
    ['digests that a link is found by', 'delete from link_artifact', 'ARTIFACT_ROWS_WRONG'],
    [
      'a digest that the bytes do not have',
      `insert into link_artifact select chain_id, sha256('x'), 1, step, seq from link limit 1`,
      'ARTIFACT_ROWS_WRONG',
    ],
    ['key ids', 'delete from link_key', 'KEY_ROWS_WRONG'],
    ['the step of a link', `update link set step = 'other' where step = 'tag'`, 'LINK_ROW_WRONG'],
    ['what a signature covers', `update link set statement = id where step = 'tag'`, 'LINK_ROW_WRONG'],
    ['the size', 'update link set size = size + 1', 'LINK_ROW_WRONG'],
    ['when it came', `update link set received_at = received_at - interval '3 days'`, 'LINK_ROW_WRONG'],
    ['its attempt', 'update run_link set attempt = 9', 'RUN_ROW_WRONG'],
    ['the lack of runs', 'delete from run_link', 'LINK_NOT_INDEXED'],
    ['the lack of a link', `delete from link where step = 'tag'`, 'LINK_NOT_INDEXED'],
    ['the layout in force', 'update chain set active_layout = null', 'CHAIN_ROW_WRONG'],
    ['the expiry of a layout', `update layout set expires_at = '2200-01-01'`, 'LAYOUT_ROW_WRONG'],
    ['the runs of a digest', 'delete from run_subject', 'LINK_NOT_INDEXED'],
    ['what anchors a digest', 'delete from subject_key', 'SUBJECT_ROWS_WRONG'],
    ['a verdict that is gone', 'delete from verdict', 'MARK_MISSING'],
    ['a verdict that was changed', `update verdict set outcome = 'fail'`, 'VERDICT_WRONG'],
  ])('finds wrong rows, and writes them anew: %s', async (_, damage, code) => {
    await service.query(damage);
    expect(await find()).toContain(code);
    const repaired = await repair();
    expect(repaired.filter((finding) => !finding.repaired)).toEqual([]);
    await service.operator.waitForVerdict(example.imageDigest, 'pass', CHAIN);
    expect(await find()).toEqual([]);
  });

  it('finds a forged link that passes for proven', async () => {
    const forged = signMetablock(link('tag'), example.functionaries.carol);
    await service.operator.postLink(forged, { chain: CHAIN });
    await service.query('update link set proven = true');
    expect(await find()).toEqual(['LINK_ROW_WRONG']);
    expect(await repair()).toMatchObject([{ subject: sha256Hex(forged), repaired: true }]);
    expect(await find()).toEqual([]);
  });

  it('computes again what a replay found, once that counts', async () => {
    const { operator } = service;
    const { keyid } = example.functionaries.alice;
    await operator.post(`/keys/${keyid}/suspend?chain=${CHAIN}`, { reason: 'lost' });
    const order = { filter: { chain: CHAIN }, reason: 'to see what is left' };
    const id = String((await operator.post('/replays', order)).body.id);
    const { body } = await untilReplay(operator, id, 'ready');
    const second = operator.as(await operator.createToken(['operate']));
    await second.post(`/replays/${id}/approve`, { reason: 'so it is' });
    await operator.post(`/replays/${id}/apply`, { reason: 'so it is', planDigest: body.planDigest });
    await untilReplay(operator, id, 'applied');
    expect(await find()).toEqual([]);
    await service.query(`update verdict set outcome = 'pass' where replay_id is not null`);
    expect(await find()).toEqual(['VERDICT_WRONG']);
  });

  it('finds a link in a run that it was not posted to', async () => {
    await service.query(
      `update run_link set run = 'other' where link = (select seq from link where step = 'tag')`,
    );
    expect(await find()).toEqual(['LINK_NOT_INDEXED', 'RUN_ROW_WRONG', 'VERDICT_WRONG']);
    await repair();
    await service.operator.waitForVerdict(example.imageDigest, 'pass', CHAIN);
    expect(await find()).toEqual([]);
    expect(await service.query('select distinct run from run_link')).toEqual([{ run: '7' }]);
  });

  it('finds bytes of which no record is, says what they are, and leaves them', async () => {
    const lone = signMetablock(link('package'), example.functionaries.carol);
    const key = blobKey(CHAIN, 'links', Buffer.from(sha256Hex(lone), 'hex'));
    await check.blobs.put(key, lone);
    expect(await repair()).toMatchObject([{ code: 'BLOB_UNREFERENCED', subject: key, repaired: false }]);
    expect((await findingsOf(check))[0]?.detail).toContain(
      `a link of step "package" signed by ${example.functionaries.carol.keyid}`,
    );
    expect(await check.blobs.get(key)).toEqual(lone);
  });

  it('sweeps what a killed writer left', async () => {
    const leftover = join(service.dataDir, 'blobs', '.incoming', 'half-a-file');
    await writeFile(leftover, 'half');
    expect(await repair()).toMatchObject([{ code: 'LEFTOVER', repaired: true }]);
    expect(await find()).toEqual([]);
  });

  it('writes the journal anew where it was lost, or of the time before there was one', async () => {
    await rm(join(service.dataDir, 'blobs', CHAIN, 'journal'), { recursive: true });
    expect(await find()).toEqual(['JOURNAL_MISSING']);
    await repair();
    expect(await find()).toEqual([]);
  });

  it('tells of an object of the journal that was damaged, and writes its records again', async () => {
    const files = (await service.blobs()).filter((path) => path.includes('/journal/links/'));
    const newest = [...files].sort((a, b) => statSync(a).mtimeMs - statSync(b).mtimeMs).at(-1) ?? '';
    await writeFile(newest, 'damaged');
    expect(await find()).toEqual(['JOURNAL_DAMAGED', 'JOURNAL_MISSING']);
    await repair();
    expect(await find()).toEqual([]);
  });

  it('tells of a key that is trusted again by its row alone', async () => {
    const { keyid } = example.functionaries.alice;
    await service.operator.post(`/keys/${keyid}/suspend?chain=${CHAIN}`, { reason: 'lost' });
    expect(await find()).toEqual([]);
    await service.query(`update trust_key set changes = '[]'`);
    expect(await repair()).toMatchObject([{ code: 'KEY_REGISTER_WRONG', repaired: false }]);
  });

  it('tells of owners that the journal does not have, and leaves it to the operator who is right', async () => {
    await service.query('update chain set owner_threshold = 0');
    expect(await repair()).toMatchObject([{ code: 'CHAIN_ROW_WRONG', repaired: false }, {}]);
  });
});
