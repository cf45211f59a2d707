import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../support/client.js';
import { exampleChain } from '../support/example-chain.js';
import { type Service, startService } from '../support/service.js';
import { link, type SigningKey, sha256Hex, signDsse, signMetablock } from '../support/supply-chain.js';

const CHAIN = 'acme/web';

describe('links', () => {
  let service: Service;
  let operator: Client;
  let bob: SigningKey;

  beforeAll(async () => {
    service = await startService();
    operator = service.operator;
    const chain = exampleChain();
    bob = chain.functionaries.bob;
    await operator.found(CHAIN, chain);
  });

  afterAll(() => service.stop());

  const metablock = (name: string) => signMetablock(link('build', { products: { [name]: name } }), bob);
  const dsse = (name: string) => signDsse(link('build', { products: { [name]: name } }), bob);

  it.each([
    ['Metablock', metablock, 'application/json'],
    ['Metablock', metablock, 'application/vnd.in-toto+json'],
    ['DSSE', dsse, 'application/json; charset=utf-8'],
    ['DSSE', dsse, 'application/octet-stream'],
  ])('%s files are taken as %s and given back byte for byte', async (container, make, type) => {
    const bytes = make(`app of ${type} in ${container}`);
    const posted = await operator.call(`/links?chain=${CHAIN}&run=1`, {
      method: 'POST',
      body: bytes,
      headers: { 'content-type': type },
    });
    const id = sha256Hex(bytes);
    expect(posted.status).toBe(201);
    expect(posted.body).toMatchObject({
      id,
      chain: CHAIN,
      step: 'build',
      keyids: [bob.keyid],
      container: container.toLowerCase(),
      size: bytes.length,
      run: '1',
    });
    const got = await operator.get(posted.headers.get('location') ?? '');
    expect(got.bytes.equals(bytes)).toBe(true);
    expect(got.headers.get('content-type')).toBe('application/octet-stream');
  });

  it('answers 200 and the same body when the bytes are there already', async () => {
    const bytes = metablock('posted twice');
    const first = await operator.postLink(bytes, { chain: CHAIN, run: '1' });
    const second = await operator.postLink(bytes, { chain: CHAIN, run: '1' });
    expect([first.status, second.status]).toEqual([201, 200]);
    expect(second.body).toEqual(first.body);
    expect(second.headers.get('location')).toBe(first.headers.get('location'));
  });

  it('takes gzip for the same file as plain', async () => {
    const bytes = metablock('zipped');
    const zipped = await operator.call(`/links?chain=${CHAIN}`, {
      method: 'POST',
      body: gzipSync(bytes),
      headers: { 'content-encoding': 'gzip' },
    });
    expect([zipped.status, zipped.body.id]).toEqual([201, sha256Hex(bytes)]);
    expect((await operator.postLink(bytes, { chain: CHAIN })).status).toBe(200);
  });

  it('needs no chain with a token bound to one', async () => {
    const ci = operator.as(await operator.createToken(['ingest'], CHAIN));
    const { status, body } = await ci.postLink(metablock('bound'), { run: '1' });
    expect([status, body.chain]).toEqual([201, CHAIN]);
  });

  it('keeps one row, one blob and one record of a thousand uploads of one file at the same time', async () => {
    const bytes = metablock('raced');
    const subject = `sha256:${sha256Hex(Buffer.from('raced'))}`;
    const [rows, blobs, marks] = [await countLinks(), (await service.blobs()).length, await lastMark()];
    const replies = await Promise.all(
      Array.from({ length: 1_000 }, () => operator.postLink(bytes, { chain: CHAIN, run: 'race', subject })),
    );
    const statuses = replies.map(({ status }) => status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
    expect(statuses.filter((status) => status === 200)).toHaveLength(999);
    expect(new Set(replies.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect([await countLinks(), (await service.blobs()).length]).toEqual([rows + 1, blobs + 2]);
    expect(await lastMark()).toBe(marks + 1);
  });

  it('does not exist in another chain', async () => {
    const bytes = metablock('of one chain');
    await operator.postLink(bytes, { chain: CHAIN });
    await operator.createChain('acme/other', bob);
    const { status, body } = await operator.get(`/links/${sha256Hex(bytes)}?chain=acme/other`);
    expect([status, body.code]).toEqual([404, 'LINK_UNKNOWN']);
  });

  /** Every mark ever made has a number. */
  const lastMark = async (): Promise<number> => {
    const [row] = await service.query<{ last: string }>(
      `select coalesce(pg_sequence_last_value('verification_mark_generation_seq'), 0) as last`,
    );
    return Number(row?.last);
  };

  const countLinks = async (): Promise<number> => (await service.query('select 1 from link')).length;
});
