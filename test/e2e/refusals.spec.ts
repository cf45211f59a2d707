import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Client } from '../support/client.js';
import { exampleChain } from '../support/example-chain.js';
import { type Service, startService } from '../support/service.js';
import { link, signDssePayload, signMetablock } from '../support/supply-chain.js';

const CHAIN = 'acme/web';
const MIB = 1024 * 1024;
const { owner, functionaries, ...rest } = exampleChain();
const { bob } = functionaries;

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const signatures = [{ keyid: bob.keyid, sig: 'ab' }];
const metablock = (signed: string): Buffer =>
  Buffer.from(`{"signed": ${signed}, "signatures": ${JSON.stringify(signatures)}}`);
const dsse = (payload: string, payloadType?: string): Buffer =>
  signDssePayload(Buffer.from(payload), bob, payloadType);
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
const LINK =
  '"_type": "link", "name": "build", "command": [], "materials": {}, "products": {}, "environment": {}';
const good = signMetablock(link('build', { products: { app: 'app' } }), bob);

/** What a client may get wrong, or an attacker right: body, headers → status, code. */
const REFUSALS: [string, Uint8Array, Record<string, string>, number, string][] = [
  ['nothing', Buffer.alloc(0), {}, 400, 'BODY_MISSING'],
  ['text', Buffer.from('hello'), {}, 400, 'JSON_INVALID'],
  ['half a file', good.subarray(0, 100), {}, 400, 'JSON_INVALID'],
  ['a file with something behind it', Buffer.concat([good, Buffer.from('x')]), {}, 400, 'JSON_INVALID'],
  ['a byte order mark', Buffer.concat([Buffer.from('\ufeff'), good]), {}, 400, 'JSON_INVALID'],
  [
    'invalid UTF-8',
    Buffer.concat([Buffer.from('{"a": "'), Buffer.from([0xff]), Buffer.from('"}')]),
    {},
    400,
    'JSON_INVALID',
  ],
  ['JSON that is not in-toto', json({ hello: 'world' }), {}, 422, 'METADATA_INVALID'],
  ['a list', json([]), {}, 422, 'METADATA_INVALID'],
  ['an unknown type', metablock('{"_type": "parcel"}'), {}, 422, 'METADATA_INVALID'],
  [
    'a payload type that is not in-toto',
    dsse(`{${LINK}, "byproducts": {}}`, 'text/plain'),
    {},
    422,
    'METADATA_INVALID',
  ],
  ['no signature', signMetablock(link('build'), []), {}, 422, 'UNSIGNED'],
  [
    'a signature that is none',
    json({ signed: link('build'), signatures: ['mine'] }),
    {},
    422,
    'SIGNATURE_MALFORMED',
  ],
  [
    'a key id that no index holds',
    json({ signed: link('build'), signatures: [{ keyid: 'k'.repeat(5_000), sig: '' }] }),
    {},
    422,
    'KEYID_TOO_LONG',
  ],
  [
    'a key id with NUL',
    json({ signed: link('build'), signatures: [{ keyid: 'k\0', sig: '' }] }),
    {},
    422,
    'SIGNATURE_MALFORMED',
  ],
  ['a float', metablock(`{${LINK}, "byproducts": {"return-value": 0.5}}`), {}, 422, 'JSON_FLOAT'],
  ['a float in disguise', metablock(`{${LINK}, "byproducts": {"return-value": 1e2}}`), {}, 422, 'JSON_FLOAT'],
  [
    'a member twice',
    metablock(`{${LINK}, "byproducts": {}, "name": "test"}`),
    {},
    422,
    'JSON_DUPLICATE_MEMBER',
  ],
  [
    'a member twice in a DSSE payload',
    dsse(`{${LINK}, "byproducts": {}, "name": "test"}`),
    {},
    422,
    'JSON_DUPLICATE_MEMBER',
  ],
  ['a step name that is a path', signMetablock(link('../build'), bob), {}, 422, 'LINK_REFUSED'],
  ['a step name with NUL', signMetablock(link('build\0'), bob), {}, 422, 'LINK_REFUSED'],
  [
    'a step name that no index holds',
    signMetablock(link('b'.repeat(5_000)), bob),
    {},
    422,
    'METADATA_INVALID',
  ],
  ['a shallow abyss', Buffer.from(nested(500)), {}, 422, 'JSON_TOO_DEEP'],
  ['a deep abyss', Buffer.from(nested(500_000)), {}, 422, 'JSON_TOO_DEEP'],
  ['an abyss in a DSSE payload', dsse(nested(100_000)), {}, 422, 'JSON_TOO_DEEP'],
  ['too many bytes', Buffer.alloc(10 * MIB + 1, ' '), {}, 413, 'BODY_TOO_LARGE'],
  ['a gzip bomb', gzipSync(Buffer.alloc(200 * MIB)), { 'content-encoding': 'gzip' }, 413, 'BODY_TOO_LARGE'],
  ['gzip that is none', good, { 'content-encoding': 'gzip' }, 400, 'ENCODING_INVALID'],
  ['half of a gzip', gzipSync(good).subarray(0, 60), { 'content-encoding': 'gzip' }, 400, 'ENCODING_INVALID'],
  ['another encoding', good, { 'content-encoding': 'br' }, 415, 'ENCODING_UNSUPPORTED'],
  [
    'an encoding of an encoding',
    gzipSync(gzipSync(good)),
    { 'content-encoding': 'gzip, gzip' },
    415,
    'ENCODING_UNSUPPORTED',
  ],
  ['another content type', good, { 'content-type': 'text/plain' }, 415, 'MEDIA_TYPE_UNSUPPORTED'],
  ['a form', good, { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'MEDIA_TYPE_UNSUPPORTED'],
];

describe('an upload is refused, without a trace, for', () => {
  let service: Service;
  let operator: Client;
  let before: unknown;

  beforeAll(async () => {
    service = await startService();
    operator = service.operator;
    await operator.found(CHAIN, { owner, functionaries, ...rest });
  });

  afterAll(() => service.stop());

  const traces = async () => ({
    blobs: await service.blobs(),
    rows: await service.query(`select (select count(*) from link) as links, (select count(*) from link_artifact) as artifacts,
      (select count(*) from link_key) as keys, (select count(*) from run_link) as runs, (select count(*) from subject) as subjects`),
  });

  beforeEach(async () => {
    before = await traces();
  });

  afterEach(async () => {
    expect(await traces()).toEqual(before);
  });

  it.each(REFUSALS)('%s', async (_what, body, headers, status, code) => {
    const reply = await operator.post(`/links?chain=${CHAIN}&run=1`, body, headers);
    expect([reply.status, reply.body.code]).toEqual([status, code]);
    expect(reply.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(reply.body).toMatchObject({
      type: `urn:custody:error:${code}`,
      status,
      title: expect.any(String),
      detail: expect.any(String),
      instance: expect.any(String),
    });
  });

  it.each([
    ['chain=acme/nowhere', 404, 'CHAIN_UNKNOWN'],
    ['chain=', 404, 'CHAIN_UNKNOWN'],
    ['', 400, 'CHAIN_REQUIRED'],
    [`chain=${CHAIN}&chain=acme/other`, 400, 'QUERY_INVALID'],
    [`chain=${CHAIN}&run=`, 400, 'QUERY_INVALID'],
    [`chain=${CHAIN}&run=${'r'.repeat(201)}`, 400, 'QUERY_INVALID'],
    [`chain=${CHAIN}&run=%00`, 400, 'QUERY_INVALID'],
    [`chain=${CHAIN}&subject=latest`, 400, 'QUERY_INVALID'],
    [`chain=${CHAIN}&subjekt=sha256:00`, 400, 'QUERY_INVALID'],
  ])('the query %s', async (query, status, code) => {
    const reply = await operator.post(`/links?${query}`, good);
    expect([reply.status, reply.body.code]).toEqual([status, code]);
  });

  it.each([
    ['DELETE', '/links', 'HEAD, GET, POST'],
    ['PUT', `/links/${'0'.repeat(64)}?chain=${CHAIN}`, 'GET, HEAD'],
    ['PATCH', '/chains/settings', 'PUT'],
    ['POST', '/healthz', 'GET, HEAD'],
  ])('the method %s at %s', async (method, path, allowed) => {
    const reply = await operator.call(path, { method });
    expect([reply.status, reply.body.code]).toEqual([405, 'METHOD_NOT_ALLOWED']);
    expect(reply.headers.get('allow')?.split(', ').sort()).toEqual(allowed.split(', ').sort());
  });

  it.each([
    ['something that is no HTTP', 'hello\r\n\r\n', 'Check how'],
    ['headers without end', `GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 'too large'],
  ])('%s', async (_what, request, detail) => {
    const answer = await sendRaw(operator.url, request);
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\nContent-Type: application\/problem\+json/);
    const body = JSON.parse(answer.split('\r\n\r\n')[1] ?? '');
    expect(body).toMatchObject({ code: 'REQUEST_MALFORMED', detail: expect.stringContaining(detail) });
  });
});

async function sendRaw(url: string, request: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname).end(request);
  const parts: Buffer[] = [];
  for await (const part of socket) parts.push(part);
  return Buffer.concat(parts).toString();
}
