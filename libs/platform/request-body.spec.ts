import { gzipSync } from 'node:zlib';
import { fastify } from 'fastify';
import { describe, expect, it } from 'vitest';
import { sendProblem } from './problem-filter.js';
import { acceptRawBodies, bytesOf } from './request-body.js';

const LIMIT = 10_000;

/** Answers with the bytes that a handler is given. No socket is opened. */
async function send(payload: Buffer | string, headers: Record<string, string>) {
  const server = fastify();
  acceptRawBodies(server, LIMIT);
  server.setErrorHandler((error, request, reply) => sendProblem(error, request, reply));
  server.post('/', (request, reply) => reply.type('application/octet-stream').send(bytesOf(request.body)));
  const answer = await server.inject({ method: 'POST', url: '/', payload, headers });
  await server.close();
  return answer;
}

const json = { 'content-type': 'application/json' };
const codeOf = async (payload: Buffer | string, headers: Record<string, string>) => {
  const answer = await send(payload, headers);
  return [answer.statusCode, answer.json().code];
};

describe('the body of a request', () => {
  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'application/vnd.in-toto+json',
    'application/vnd.oci.image.index.v1+json',
    'application/octet-stream',
  ])('as %s reaches the handler byte for byte', async (type) => {
    const bytes = Buffer.from([0x7b, 0x0d, 0x0a, 0xff, 0x00, 0x20, 0x7d]);
    expect((await send(bytes, { 'content-type': type })).rawPayload).toEqual(bytes);
  });

  it('is unpacked when it was compressed', async () => {
    const bytes = Buffer.from('{"signed": {}}');
    const answer = await send(gzipSync(bytes), { ...json, 'content-encoding': 'gzip' });
    expect(answer.rawPayload).toEqual(bytes);
  });

  it.each(['text/plain', 'multipart/form-data; boundary=x', 'application/xml', 'application/jsonp'])(
    'as %s is refused',
    async (type) => {
      expect(await codeOf('{}', { 'content-type': type })).toEqual([415, 'MEDIA_TYPE_UNSUPPORTED']);
    },
  );

  it('is refused above the limit, and taken at it', async () => {
    expect((await send(Buffer.alloc(LIMIT), json)).statusCode).toBe(200);
    expect(await codeOf(Buffer.alloc(LIMIT + 1), json)).toEqual([413, 'BODY_TOO_LARGE']);
  });

  it('is refused when it is a bomb: the limit counts what unfolds', async () => {
    const bomb = gzipSync(Buffer.alloc(8_000_000));
    expect(bomb.length).toBeLessThan(LIMIT);
    const encoded = { ...json, 'content-encoding': 'gzip' };
    expect(await codeOf(bomb, encoded)).toEqual([413, 'BODY_TOO_LARGE']);
    expect((await send(gzipSync(Buffer.alloc(LIMIT)), encoded)).statusCode).toBe(200);
    expect(await codeOf(gzipSync(Buffer.alloc(LIMIT + 1)), encoded)).toEqual([413, 'BODY_TOO_LARGE']);
  });

  it('is refused when it is not what its encoding says', async () => {
    const encoded = { ...json, 'content-encoding': 'gzip' };
    expect(await codeOf('{}', encoded)).toEqual([400, 'ENCODING_INVALID']);
    expect(await codeOf(gzipSync('{"a": 1}').subarray(0, 20), encoded)).toEqual([400, 'ENCODING_INVALID']);
  });

  it.each(['br', 'deflate', 'gzip, gzip', 'GZIP '])('is refused in the encoding %j', async (encoding) => {
    const [status] = await codeOf(gzipSync('{}'), { ...json, 'content-encoding': encoding });
    expect(status).toBe(415);
  });

  it('must be there', async () => {
    expect(await codeOf('', json)).toEqual([400, 'BODY_MISSING']);
    expect(() => bytesOf({ parsed: true })).toThrow(expect.objectContaining({ code: 'BODY_MISSING' }));
  });
});
