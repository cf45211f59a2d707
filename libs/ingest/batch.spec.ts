import { describe, expect, it } from 'vitest';
import { readLink } from '#persistence/links/read-link.js';
import { digestOf, NOW, person } from '../../test/support/evidence-world.js';
import { link, signDsse, signMetablock } from '../../test/support/supply-chain.js';
import { acceptBatch } from './batch.js';
import type { Circumstances, IngestService } from './ingest-service.js';

const bob = person('bob');
const chain = { id: 1, name: 'acme/web' };
const oneLine = (bytes: Buffer) => JSON.stringify(JSON.parse(bytes.toString()));

/** Reads links as they are read everywhere, and keeps them in memory. */
class Shelf implements Pick<IngestService, 'accept'> {
  readonly files: Buffer[] = [];
  readonly circumstances: Circumstances[] = [];

  constructor(private readonly outage?: Error) {}

  async accept({ name }: typeof chain, bytes: Buffer, circumstances: Circumstances) {
    if (this.outage) throw this.outage;
    const { id, step, keyids, container, size } = readLink(bytes);
    const created = !this.files.some((file) => file.equals(bytes));
    this.files.push(bytes);
    this.circumstances.push(circumstances);
    return {
      created,
      link: {
        id: id.toString('hex'),
        chain: name,
        step,
        keyids,
        container,
        size,
        run: circumstances.run ?? null,
        attempt: circumstances.attempt,
        receivedAt: NOW.toISOString(),
      },
    };
  }
}

const post = (shelf: Shelf, body: string, circumstances: Circumstances = { attempt: 1 }) =>
  acceptBatch(shelf, chain, Buffer.from(body), circumstances);

const wrapped = (bytes: Buffer, more: object = {}) =>
  JSON.stringify({ content: bytes.toString('base64'), ...more });

describe('a batch of links', () => {
  it('is answered line by line, in its order, blank lines passed over', async () => {
    const [tag, build] = ['tag', 'build'].map((step) => oneLine(signDsse(link(step), bob)));
    const answers = await post(new Shelf(), `${tag}\n\n  \r\n${build}\n${tag}\n`);
    expect(answers).toMatchObject([
      { line: 1, status: 201, link: { step: 'tag' } },
      { line: 4, status: 201, link: { step: 'build' } },
      { line: 5, status: 200, link: { step: 'tag' } },
    ]);
  });

  it('keeps its order when it is longer than what is taken at once', async () => {
    const lines = Array.from({ length: 40 }, (_, n) => oneLine(signDsse(link(`step${n}`), bob)));
    const answers = await post(new Shelf(), lines.join('\n'));
    expect(answers.map((answer) => 'link' in answer && answer.link.step)).toEqual(
      lines.map((_, n) => `step${n}`),
    );
  });

  it('is not spoilt by bad lines, each of which is told what is wrong', async () => {
    const good = oneLine(signDsse(link('build'), bob));
    const layoutLike = '{"signed": {}, "signatures": []}';
    const answers = await post(new Shelf(), ['{', good, layoutLike, '7', '{"content": 7}'].join('\n'));
    expect(answers).toMatchObject([
      { line: 1, status: 400, code: 'JSON_INVALID' },
      { line: 2, status: 201 },
      { line: 3, status: 422, code: 'METADATA_INVALID' },
      { line: 4, status: 422, code: 'METADATA_INVALID' },
      { line: 5, status: 400, code: 'BODY_INVALID' },
    ]);
  });

  it('carries the untouched bytes of files that take more than one line', async () => {
    const shelf = new Shelf();
    const file = signMetablock(link('build'), bob);
    await post(shelf, wrapped(file));
    expect(shelf.files).toEqual([file]);
  });

  it('gives each line the circumstances of the request, or its own', async () => {
    const shelf = new Shelf();
    const [tag, build] = ['tag', 'build'].map((step) => signDsse(link(step), bob));
    const subject = digestOf('image');
    const own = { run: '8', attempt: 2, subject: `sha256:${subject.toString('hex')}` };
    await post(shelf, [tag && wrapped(tag), build && wrapped(build, own)].join('\n'), {
      run: '7',
      attempt: 1,
    });
    expect(shelf.circumstances).toEqual([
      { run: '7', attempt: 1, subject: undefined },
      { run: '8', attempt: 2, subject },
    ]);
  });

  it.each([
    ['a subject that it declares of no run', { subject: `sha256:${'ab'.repeat(32)}` }],
    ['a member that nobody knows', { chain: 'acme/shop' }],
    ['a run with a line break', { run: 'a\nb' }],
    ['an attempt that is none', { attempt: 0 }],
    ['a subject in upper case', { subject: `SHA256:${'A'.repeat(64)}` }],
  ])('refuses a line with %s', async (_, more) => {
    const answers = await post(new Shelf(), wrapped(signDsse(link('build'), bob), more));
    expect(answers).toMatchObject([{ status: 400, code: 'BODY_INVALID' }]);
  });

  it('is refused when nothing is in it', async () => {
    await expect(post(new Shelf(), '\n \n')).rejects.toMatchObject({ code: 'BODY_MISSING' });
  });

  it('tells an outage line by line, and hides no failure of the service as a bad line', async () => {
    const line = oneLine(signDsse(link('build'), bob));
    const outage = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
    expect(await post(new Shelf(outage), line)).toMatchObject([{ status: 503, code: 'UNAVAILABLE' }]);
    await expect(post(new Shelf(new Error('a bug')), line)).rejects.toThrow('a bug');
  });
});
