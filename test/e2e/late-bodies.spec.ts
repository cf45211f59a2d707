import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ExampleChain, exampleChain } from '../support/example-chain.js';
import { type Service, startService } from '../support/service.js';

const CHAIN = 'acme/web';

let service: Service;
let example: ExampleChain;

beforeAll(async () => {
  service = await startService();
  example = exampleChain({ seed: 'late' });
  await service.operator.found(CHAIN, example);
});

afterAll(() => service.stop());

/** Sends all but the last byte of a body; what is returned sends that, and resolves with the answer. */
async function begin(path: string, token: string, body: Buffer): Promise<() => Promise<string>> {
  const socket = connect({ port: Number(new URL(service.url).port), host: '127.0.0.1' });
  let answer = '';
  socket.setEncoding('utf8').on('data', (chunk) => (answer += chunk));
  await once(socket, 'connect');
  socket.write(
    [
      `POST ${path} HTTP/1.1`,
      'host: custody',
      'connection: close',
      `authorization: Bearer ${token}`,
      'content-type: application/json',
      `content-length: ${body.length}`,
      '',
      '',
    ].join('\r\n'),
  );
  socket.write(body.subarray(0, -1));
  return async () => {
    socket.write(body.subarray(-1));
    await once(socket, 'close');
    return answer;
  };
}

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

describe('a request whose token is revoked while its body is still coming', () => {
  const acts: readonly (readonly [string, string, string | undefined, (key: string) => [string, Buffer]])[] =
    [
      ['stores no link', 'ingest', CHAIN, () => ['/links?run=late', example.links[0]?.bytes ?? json({})]],
      [
        'makes no token',
        'operate',
        undefined,
        () => ['/tokens', json({ name: 'mine', scopes: ['operate'] })],
      ],
      ['suspends no key', 'operate', CHAIN, (key) => [`/keys/${key}/suspend`, json({ reason: 'x' })]],
    ];

  it.each(acts)('%s', async (_, scope, chain, act) => {
    const { operator } = service;
    const { body } = await operator.post('/tokens', { name: 'stolen', scopes: [scope], chain });
    const [key] = (await operator.get(`/keys?chain=${CHAIN}`)).body.keys as { fingerprint: string }[];
    const finish = await begin(...sent(act(key?.fingerprint ?? ''), String(body.token)));
    // The request was let in by then; or it is refused at once, which is as good.
    await operator.as(String(body.token)).get('/openapi.json');
    await operator.call(`/tokens/${body.id}`, { method: 'DELETE' });
    await expect
      .poll(async () => (await operator.as(String(body.token)).get('/tokens')).status, { timeout: 10_000 })
      .toBe(401);
    expect(await finish()).toMatch(/^HTTP\/1.1 401 [\s\S]*TOKEN_INVALID/);
  });

  const sent = ([path, body]: [string, Buffer], token: string) => [path, token, body] as const;
});
