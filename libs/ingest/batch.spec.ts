import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { readLink } from '#persistence/links/read-link.js';
import { unwrapLink } from '#persistence/uploads/wrapped-link.js';
import { Problem } from '#platform/problems.js';
import { digestOf, NOW, person } from '../../test/support/evidence-world.js';
import { link, signDsse, signMetablock } from '../../test/support/supply-chain.js';
import { acceptBatch, type BatchAnswer, type LinkTaker, writeAnswers } from './batch.js';
import type { Circumstances } from './ingest-service.js';

const bob = person('bob');
const destination = {
  chain: { id: 1, name: 'acme/web' },
  poster: { principal: 'ci', token: '0123456789abcdef' },
  confirm: async () => {},
};
const oneLine = (bytes: Buffer) => JSON.stringify(JSON.parse(bytes.toString()));

/** Reads links as they are read everywhere, and keeps them in memory. */
class Shelf implements LinkTaker {
  readonly files: Buffer[] = [];
  readonly circumstances: Circumstances[] = [];

  /** The outage, for an attempt or for all. */
  constructor(
    private readonly outage?: Error,
    private readonly ofAttempt?: number,
  ) {}

  async unwrap(_: typeof destination, line: Buffer) {
    return unwrapLink(line);
  }

  async accept({ chain, poster }: typeof destination, bytes: Buffer, circumstances: Circumstances) {
    // The first attempt takes longer than the second.
    if (circumstances.attempt === 1) await new Promise((resolve) => setTimeout(resolve, 5));
    if (this.outage && (this.ofAttempt ?? circumstances.attempt) === circumstances.attempt) throw this.outage;
    const { id, step, keyids, container, size } = readLink(bytes);
    const created = !this.files.some((file) => file.equals(bytes));
    this.files.push(bytes);
    this.circumstances.push(circumstances);
    return {
      created,
      link: {
        id: id.toString('hex'),
        chain: chain.name,
        step,
        keyids,
        container,
        size,
        run: circumstances.run ?? null,
        attempt: circumstances.attempt,
        principal: poster.principal,
        receivedAt: NOW.toISOString(),
      },
    };
  }
}

const outage = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
const MAX_BYTES = 10_000;
const lineOf = (step: string) => `${oneLine(signDsse(link(step), bob))}\n`;

async function post(
  shelf: Shelf,
  body: string | AsyncIterable<Buffer>,
  circumstances: Circumstances = { attempt: 1 },
): Promise<BatchAnswer[]> {
  const chunks = typeof body === 'string' ? [Buffer.from(body)] : body;
  const answers = acceptBatch(shelf, destination, chunks, circumstances, MAX_BYTES);
  const written = await writeAnswers(answers, () => {});
  return (await text(written))
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

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

  it('takes a repeated job after what it repeats, and not while that has to be sent again', async () => {
    const lines = ['no', 'yes']
      .map((said, at) => wrapped(signDsse(link('scan', { byproducts: { said } }), bob), { attempt: at + 1 }))
      .join('\n');
    const shelf = new Shelf();
    expect(await post(shelf, lines)).toMatchObject([
      { line: 1, status: 201, link: { attempt: 1 } },
      { line: 2, status: 201, link: { attempt: 2 } },
    ]);
    expect(shelf.circumstances.map(({ attempt }) => attempt)).toEqual([1, 2]);

    const away = new Shelf(outage, 1);
    expect(await post(away, lines)).toMatchObject([
      { line: 1, status: 503, code: 'UNAVAILABLE' },
      { line: 2, status: 503, code: 'UNAVAILABLE' },
    ]);
    expect(away.files).toEqual([]);
  });

  it('is refused when nothing is in it', async () => {
    await expect(post(new Shelf(), '\n \n')).rejects.toMatchObject({ code: 'BODY_MISSING' });
  });

  it('tells an outage line by line, and hides no failure of the service as a bad line', async () => {
    const line = oneLine(signDsse(link('build'), bob));
    expect(await post(new Shelf(outage), line)).toMatchObject([{ status: 503, code: 'UNAVAILABLE' }]);
    await expect(post(new Shelf(new Error('a bug')), line)).rejects.toThrow('a bug');
  });

  it('is answered while it is still being sent', async () => {
    let answered = () => {};
    const firstAnswer = new Promise<void>((resolve) => (answered = resolve));
    async function* body() {
      yield Buffer.from(lineOf('one'));
      await firstAnswer;
      yield Buffer.from(lineOf('two'));
    }
    const steps: unknown[] = [];
    for await (const answer of acceptBatch(new Shelf(), destination, body(), { attempt: 1 }, MAX_BYTES)) {
      steps.push('link' in answer && answer.link.step);
      answered();
    }
    expect(steps).toEqual(['one', 'two']);
  });

  it('that breaks off is answered as far as it came, and told so in a last line', async () => {
    async function* body() {
      yield Buffer.from(lineOf('one') + lineOf('two').slice(0, 100));
      throw new Problem('BODY_INCOMPLETE');
    }
    expect(await post(new Shelf(), body())).toMatchObject([
      { line: 1, status: 201 },
      { line: null, status: 400, code: 'BODY_INCOMPLETE' },
    ]);
  });

  it('is read no further than a line that is longer than any link', async () => {
    const answers = await post(new Shelf(), `${lineOf('one')}${'x'.repeat(2 * MAX_BYTES)}\n${lineOf('two')}`);
    expect(answers).toMatchObject([
      { line: 1, status: 201 },
      { line: null, status: 413, code: 'BODY_TOO_LARGE', detail: expect.stringContaining('Line 2') },
    ]);
  });

  it('is read no further than a thousand blank lines, a bomb in gzip', async () => {
    const answers = await post(new Shelf(), `${lineOf('one')}${'\n'.repeat(5_000)}${lineOf('two')}`);
    expect(answers).toMatchObject([
      { line: 1, status: 201 },
      { line: null, status: 400, code: 'BODY_INVALID', detail: expect.stringContaining('blank') },
    ]);
  });

  it('refuses a link that is larger than allowed, and takes the next', async () => {
    const large = signDsse(link('build', { byproducts: { stdout: 'x'.repeat(0.75 * MAX_BYTES) } }), bob);
    expect(large.length).toBeGreaterThan(MAX_BYTES);
    expect(oneLine(large).length).toBeLessThan((MAX_BYTES * 4) / 3);
    const answers = await post(new Shelf(), `${oneLine(large)}\n${lineOf('one')}`);
    expect(answers).toMatchObject([
      { line: 1, status: 413, code: 'BODY_TOO_LARGE' },
      { line: 2, status: 201 },
    ]);
  });

  it('holds few lines at a time, however many come', async () => {
    let read = 0;
    async function* body() {
      for (; read < 1_000; read += 1) yield Buffer.from(lineOf(`step${read}`));
    }
    const answers = acceptBatch(new Shelf(), destination, body(), { attempt: 1 }, MAX_BYTES);
    await answers.next();
    expect(read).toBeLessThan(100);
    await answers.return(undefined);
  });
});
