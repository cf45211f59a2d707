import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Build, owner, signedPolicy } from '../attacks/pipeline.js';
import { type Client, expectStatus } from '../support/client.js';
import { exampleChain } from '../support/example-chain.js';
import { type Service, startService } from '../support/service.js';
import { sha256Hex, signMetablock } from '../support/supply-chain.js';

const CHAIN = 'acme/web';

describe('a batch of links', () => {
  let service: Service;
  let operator: Client;
  const chain = exampleChain({ container: 'dsse' });

  beforeAll(async () => {
    service = await startService();
    operator = service.operator;
    await operator.found(CHAIN, chain);
  });

  afterAll(() => service.stop());

  const post = async (lines: readonly string[], query = '') => {
    const reply = await operator.call(`/links/batch?chain=${CHAIN}${query}`, {
      method: 'POST',
      body: lines.join('\n'),
      headers: { 'content-type': 'application/x-ndjson' },
    });
    const answers = reply.bytes.toString().split('\n').filter(Boolean);
    return { ...reply, answers: answers.map((line) => JSON.parse(line) as Record<string, unknown>) };
  };
  const wrapped = (bytes: Uint8Array, more: object = {}) =>
    JSON.stringify({ content: Buffer.from(bytes).toString('base64'), ...more });

  it('is a whole run in one request', async () => {
    const lines = chain.links.map(({ bytes }) => bytes.toString());
    const { status, answers, headers } = await post(lines, '&run=batch');
    expect([status, headers.get('content-type')]).toEqual([200, 'application/x-ndjson; charset=utf-8']);
    expect(answers.map((answer) => answer.status)).toEqual([201, 201, 201, 201, 201]);
    await operator.waitForVerdict(chain.imageDigest, 'pass');
  });

  it('keeps every byte of a file that has several lines, when it is wrapped', async () => {
    const pretty = exampleChain({ seed: 'pretty' });
    await operator.found('acme/pretty', pretty);
    const more = { run: 'wrapped', subject: pretty.imageDigest };
    const { bytes } = await operator.call('/links/batch?chain=acme/pretty', {
      method: 'POST',
      body: pretty.links.map((link) => wrapped(link.bytes, more)).join('\r\n'),
      headers: { 'content-type': 'application/x-ndjson' },
    });
    expect(bytes.toString().match(/"status":201/g)).toHaveLength(5);
    await operator.waitForVerdict(pretty.imageDigest, 'pass');
    for (const link of pretty.links) {
      const stored = await operator.get(`/links/${sha256Hex(link.bytes)}?chain=acme/pretty`);
      expect(stored.bytes.equals(link.bytes)).toBe(true);
    }
  });

  it('answers for each line, and a bad one spoils no other', async () => {
    const fresh = exampleChain({ container: 'dsse', seed: 'fresh' });
    const [first, second] = fresh.links.map(({ bytes }) => bytes.toString());
    const unsigned = signMetablock({ _type: 'link', name: 'build' }, []).toString();
    const { answers } = await post([
      first ?? '',
      'not json',
      '',
      wrapped(Buffer.from(unsigned)),
      '{"content":"%%%"}',
      '{"content":"AAAA","colour":"red"}',
      second ?? '',
    ]);
    expect(answers.map(({ line, status, code }) => [line, status, code])).toEqual([
      [1, 201, undefined],
      [2, 400, 'JSON_INVALID'],
      [4, 422, expect.stringMatching(/^(METADATA_INVALID|UNSIGNED)$/)],
      [5, 400, 'BODY_INVALID'],
      [6, 400, 'BODY_INVALID'],
      [7, 201, undefined],
    ]);
  });

  it('creates a link once that it holds several times', async () => {
    const [link] = exampleChain({ container: 'dsse', seed: 'repeated' }).links;
    const { answers } = await post(Array.from({ length: 40 }, () => link?.bytes.toString() ?? ''));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(39);
  });

  it('may hold a repeated job: its attempts arrive in the order of the lines', async () => {
    for (let round = 0; round < 5; round += 1) {
      const build = new Build(`repeated in a batch ${round}`);
      const name = `acme/repeated-${round}`;
      expectStatus(await operator.createChain(name, owner), 201);
      expectStatus(await operator.postLayout(name, signedPolicy()), 201);
      const line = (bytes: Buffer, attempt: number) =>
        wrapped(bytes, { run: build.name, attempt, subject: build.digest });
      const { bytes } = await operator.call(`/links/batch?chain=${name}`, {
        method: 'POST',
        body: [
          line(build.link('build'), 1),
          line(build.failingScan(), 1),
          line(build.link('scan'), 2),
          line(build.link('checkout'), 1),
        ].join('\n'),
        headers: { 'content-type': 'application/x-ndjson' },
      });
      expect(bytes.toString().match(/"line":\d/g)).toEqual([1, 2, 3, 4].map((at) => `"line":${at}`));
      await operator.waitForVerdict(build.digest, 'pass', name);
    }
  });

  it('takes hundreds of lines', async () => {
    const { functionaries } = chain;
    const lines = Array.from({ length: 300 }, (_, i) =>
      wrapped(signMetablock({ ...LINK, byproducts: { line: i } }, functionaries.bob), {
        run: `hundreds ${i % 10}`,
      }),
    );
    const { answers } = await post(lines);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(300);
    expect(answers.map(({ line }) => line)).toEqual(lines.map((_, i) => i + 1));
  });

  it('without a line is refused', async () => {
    const { status, body } = await post(['', '  ', '']);
    expect([status, body.code]).toEqual([400, 'BODY_MISSING']);
  });
});

const LINK = { _type: 'link', name: 'build', command: [], materials: {}, products: {}, environment: {} };
