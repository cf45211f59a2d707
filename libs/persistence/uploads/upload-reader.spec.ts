import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { sha256 } from '#storage/content-address.js';
import { person } from '../../../test/support/evidence-world.js';
import { keyFingerprint } from '../../../test/support/key-fingerprint.js';
import { layout, link, signMetablock } from '../../../test/support/supply-chain.js';
import { type ThreadBounds, UploadReader } from './upload-reader.js';

const MIB = 1024 * 1024;
const [owner, bob] = [person('owner'), person('bob')];
const file = signMetablock(layout().step('build', { by: bob }).toPayload(), owner);
const policy = { layout: file, owners: [] };
const small = signMetablock(link('build'), bob);
/** Within every limit, and too large for a small heap. */
const objects = Array.from({ length: 190_000 }, (_, i) => ({ [`name ${i}`]: 0 }));
const large = signMetablock({ ...link('build'), byproducts: { a: objects } }, bob);
const at = new Date();

describe('the reader of uploads', () => {
  const readers: UploadReader[] = [];
  const reader = (bounds: Partial<ThreadBounds> = {}): UploadReader => {
    const made = new UploadReader({ limits: { linkBytes: 10 * MIB } as never }, bounds);
    readers.push(made);
    return made;
  };

  afterEach(async () => {
    vi.restoreAllMocks();
    for (const used of readers.splice(0)) await used.onApplicationShutdown();
  });

  it('says what the index needs of a link, and who signed it of those who may by the layout in force', async () => {
    const { link: read, signers } = await reader().link(small, policy, at);
    expect(read).toMatchObject({ id: sha256(small), step: 'build', keyids: [bob.keyid], size: small.length });
    expect(read).not.toHaveProperty('metadata');
    expect(signers).toEqual([Buffer.from(keyFingerprint(bob), 'hex')]);
    const nobody = { layout: undefined, owners: [] };
    expect(await reader().link(small, nobody, at)).toMatchObject({ signers: [] });
  });

  it('leaves the bytes where they are, to be stored', async () => {
    const body = Buffer.concat([small, Buffer.from('something else')]);
    const view = body.subarray(0, small.length);
    await reader().link(view, policy, at);
    expect(view.equals(small)).toBe(true);
  });

  it('gives refusals of a thread as what they are', async () => {
    await expect(reader().link(Buffer.from('{'), policy, at)).rejects.toMatchObject({ code: 'JSON_INVALID' });
    await expect(reader().link(file, policy, at)).rejects.toMatchObject({ code: 'LINK_EXPECTED' });
    const badName = signMetablock({ ...link('build'), name: 'a/b' }, bob);
    await expect(reader().link(badName, policy, at)).rejects.toMatchObject({
      code: 'LINK_REFUSED',
      details: { errors: [expect.objectContaining({ path: 'name' })] },
    });
  });

  it('refuses what takes more memory than a file may, and reads the next', async () => {
    const cramped = reader({ heapBytes: 32 * MIB, threads: 1 });
    await expect(cramped.link(large, policy, at)).rejects.toMatchObject({
      code: 'FILE_TOO_COSTLY',
      status: 422,
    });
    expect(await cramped.link(small, policy, at)).toMatchObject({ signers: [expect.anything()] });
  });

  it('gives up what is not read in time, kills its thread, and reads the next', async () => {
    const single = reader({ threads: 1 });
    await single.link(small, policy, at);
    const patience = new AbortController();
    vi.spyOn(AbortSignal, 'timeout').mockReturnValueOnce(patience.signal);
    const given = expect(single.link(large, policy, at)).rejects.toMatchObject({
      code: 'OVERLOADED',
      status: 503,
    });
    await sleep(50);
    patience.abort();
    await given;
    expect(await single.link(small, policy, at)).toMatchObject({ signers: [expect.anything()] });
  });

  it('lets no more wait than there is room for', async () => {
    const narrow = reader({ threads: 1, queue: 1 });
    const files = await Promise.allSettled(Array.from({ length: 4 }, () => narrow.link(small, policy, at)));
    expect(files.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected']);
    expect(files[3]).toMatchObject({ reason: { code: 'OVERLOADED', status: 503 } });
    expect(await narrow.link(small, policy, at)).toMatchObject({ signers: [expect.anything()] });
  });
});
