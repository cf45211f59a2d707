import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../support/client.js';
import { component } from '../support/components.js';
import { type ExampleChain, exampleChain } from '../support/example-chain.js';
import { execute } from '../support/execute.js';
import { type Service, startService } from '../support/service.js';

const CHAIN = 'acme/web';
const TWELVE_MB = 12_000_000;

let service: Service;
let example: ExampleChain;
let ci: Client;

beforeAll(async () => {
  service = await startService();
  example = exampleChain({ seed: 'door' });
  await service.operator.found(CHAIN, example);
  ci = service.operator.as(await service.operator.createToken(['ingest'], CHAIN));
});

afterAll(() => service.stop());

const head = (method: string, path: string, headers: readonly string[]): string =>
  [`${method} ${path} HTTP/1.1`, 'host: custody', ...headers, '', ''].join('\r\n');

interface Heard {
  readonly socket: Socket;
  text(): string;
}

async function speak(first: string): Promise<Heard> {
  const socket = connect({ port: Number(new URL(service.url).port), host: '127.0.0.1' });
  let text = '';
  socket
    .on('error', () => undefined)
    .setEncoding('utf8')
    .on('data', (chunk) => (text += chunk));
  await once(socket, 'connect');
  socket.write(first);
  return { socket, text: () => text };
}

const bearer = (client: Client) => `authorization: Bearer ${client.token}`;
const JSON_TYPE = 'content-type: application/json';
const LINES = 'content-type: application/x-ndjson';
const oneLine = (bytes: Buffer) => `${JSON.stringify(JSON.parse(bytes.toString()))}\n`;

describe('strangers who announce bodies and send none', () => {
  it.each([
    ['without a token', () => [JSON_TYPE]],
    ['with a token that is not valid', () => [JSON_TYPE, 'authorization: Bearer nonsense']],
    ['with an ingest token', () => [JSON_TYPE, bearer(ci)]],
  ])('%s, stop neither uploads nor a revocation', async (_, headers) => {
    const sockets = await Promise.all(
      Array.from({ length: 60 }, () =>
        speak(head('POST', '/links', [...headers(), 'content-length: 10485760'])),
      ),
    );
    await sleep(200);
    const { body } = await service.operator.get(`/keys?chain=${CHAIN}`);
    const [key] = body.keys as { fingerprint: string }[];
    const suspend = await service.operator.post(`/keys/${key?.fingerprint}/suspend?chain=${CHAIN}`, {
      reason: 'x',
    });
    expect(['KEY_CHANGE_WITHOUT_EFFECT', undefined]).toContain(suspend.body.code);
    expect((await ci.postLink(Buffer.from('{}'), { run: '1' })).body.code).toBe('METADATA_INVALID');
    for (const { socket } of sockets) socket.destroy();
  });
});

describe('a body that is refused', () => {
  const refused: readonly (readonly [string, string, readonly string[], number])[] = [
    ['a bad token', '/links/batch', ['authorization: Bearer bad'], 401],
    ['no token', '/links/batch', [], 401],
    ['no token, at a route of operators', '/layouts', [], 401],
    ['nothing at this address', '/nowhere', [], 404],
    ['another method', '/links/batch/', [], 404],
    ['an address that cannot be read', '/links/%ZZ', [], 400],
    ['a name that is too long', `/keys/${'a'.repeat(600)}/suspend`, [], 400],
    ['a bad token, whatever else it expects', '/links/batch', ['expect: a miracle'], 401],
  ];

  it.each(refused)('for %s, leaves a small rest and the connection', async (_, path, headers, status) => {
    const { socket, text } = await speak(head('POST', path, [...headers, LINES, 'content-length: 150000']));
    socket.write(' '.repeat(150_000));
    socket.write(head('GET', '/healthz', []));
    await expect.poll(text).toMatch(new RegExp(`^HTTP/1.1 ${status} [\\s\\S]*HTTP/1.1 200 OK`));
    socket.destroy();
  });

  it.each(refused)('for %s, is answered, and its connection closed', async (_, path, headers, status) => {
    const { socket, text } = await speak(head('POST', path, [...headers, LINES, 'content-length: 1000000']));
    const closed = once(socket, 'close');
    socket.write(' '.repeat(1_000_000));
    await closed;
    expect(text()).toMatch(new RegExp(`^HTTP/1.1 ${status} [\\s\\S]*connection: close`, 'i'));
  });

  it.each([
    ['a query that does not exist', `/links/batch?chain=${CHAIN}&nonsense=1`, LINES, 400],
    ['a chain that is not its own', '/links/batch?chain=other/app', LINES, 404],
    ['two chains', `/links?chain=${CHAIN}&chain=${CHAIN}`, JSON_TYPE, 400],
    ['a content type', `/links?chain=${CHAIN}`, 'content-type: text/plain', 415],
    ['NDJSON where a link is meant', `/links?chain=${CHAIN}`, LINES, 415],
    ['its length', `/links?chain=${CHAIN}`, JSON_TYPE, 413],
  ])('for %s, hangs nobody who comes after it', async (_, path, type, status) => {
    const headers = [bearer(ci), type, `content-length: ${TWELVE_MB}`];
    const { socket, text } = await speak(head('POST', path, headers));
    const closed = once(socket, 'close');
    socket.write(Buffer.alloc(TWELVE_MB, ' '));
    await closed;
    expect(text()).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  });

  it('is not asked for by a client that waits to be asked', async () => {
    const headers = ['authorization: Bearer bad', JSON_TYPE, 'content-length: 1000', 'expect: 100-continue'];
    const { socket, text } = await speak(head('POST', '/links', headers));
    await expect.poll(text).toMatch(/^HTTP\/1.1 401 [\s\S]*connection: close/i);
    socket.destroy();
  });

  it('is asked for by the same words when its token is good', async () => {
    const headers = [bearer(ci), JSON_TYPE, 'content-length: 2', 'expect: 100-continue'];
    const { socket, text } = await speak(head('POST', '/links', headers));
    await expect.poll(text).toMatch(/^HTTP\/1.1 100 Continue/);
    socket.write('{}');
    await expect.poll(text).toMatch(/METADATA_INVALID/);
    socket.destroy();
  });

  it('tells fetch that it is too large, every time', async () => {
    const statuses = new Set<number>();
    for (let n = 0; n < 10; n += 1) {
      statuses.add((await ci.call('/links', { method: 'POST', body: Buffer.alloc(TWELVE_MB, ' ') })).status);
    }
    expect([...statuses]).toEqual([413]);
  });
});

component('go')('a body that is too large, sent by Go', () => {
  it('is told so, every time', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'custody-go-'));
    await writeFile(join(folder, 'main.go'), GO_PROGRAM);
    const url = `${service.url}/links`;
    const said = await execute('go', ['run', 'main.go', url, ci.token ?? ''], { cwd: folder });
    expect([...new Set(said.trim().split('\n'))]).toEqual(['413']);
    await rm(folder, { recursive: true, force: true });
  });
});

component('curl')('a body that is too large, sent by curl', () => {
  it('is told so, whether curl asks first or not', async () => {
    for (const expect100 of ['Expect: 100-continue', 'Expect:']) {
      const child = spawn('curl', [
        ...[
          '-s',
          '-o',
          '/dev/null',
          '-w',
          '%{http_code}',
          '-H',
          expect100,
          '-H',
          bearer(ci),
          '-H',
          JSON_TYPE,
        ],
        ...['--data-binary', '@-', `${service.url}/links`],
      ]);
      let status = '';
      child.stdout.on('data', (chunk) => (status += chunk));
      child.stdin.on('error', () => undefined).end(Buffer.alloc(TWELVE_MB, ' '));
      await once(child, 'close');
      expect(status).toBe('413');
    }
  });
});

describe('a token that is revoked', () => {
  const revocable = async (scopes: readonly string[]) => {
    const { body } = await service.operator.post('/tokens', { name: 'short-lived', scopes, chain: CHAIN });
    const client = service.operator.as(String(body.token));
    return { client, revoke: () => service.operator.call(`/tokens/${body.id}`, { method: 'DELETE' }) };
  };

  it('ends the batch that is open with it, and stores nothing more', async () => {
    const { client, revoke } = await revocable(['ingest']);
    const [first, second] = example.links;
    const request = httpRequest(`${service.url}/links/batch?run=revoked`, {
      method: 'POST',
      headers: { authorization: `Bearer ${client.token}`, 'content-type': 'application/x-ndjson' },
    });
    let answer = '';
    request.on('response', (response) =>
      response.setEncoding('utf8').on('data', (chunk) => (answer += chunk)),
    );
    request.on('error', () => undefined);
    request.write(oneLine(first?.bytes ?? Buffer.from('{}')));
    await expect.poll(() => answer).toMatch(/"status":201/);
    await revoke();
    await expect
      .poll(() => answer, { timeout: 10_000 })
      .toMatch(/\{"line":null,"status":401,"code":"TOKEN_INVALID"/);
    request.write(oneLine(second?.bytes ?? Buffer.from('{}')));
    request.end();
    await sleep(300);
    const { body } = await service.operator.get(`/links?chain=${CHAIN}&run=revoked`);
    expect(body.links).toHaveLength(1);
  });

  it('ends the stream of events that is open with it', async () => {
    const { client, revoke } = await revocable(['operate']);
    const { body } = await service.operator.post('/replays', {
      filter: { chain: CHAIN, all: true },
      reason: 'x',
      rate: 1,
    });
    await service.operator.post(`/replays/${body.id}/pause`, { reason: 'x' });
    const stream = client.call(`/replays/${body.id}/events`);
    await sleep(300);
    await revoke();
    expect((await stream).bytes.toString()).toMatch(
      /event: (ended\ndata: .*TOKEN_INVALID|progress\ndata: .*"state":"(ready|verified|applied))/,
    );
  });

  it('had only so many batches open', async () => {
    const open = await Promise.all(
      Array.from({ length: 40 }, () =>
        speak(`${head('POST', '/links/batch', [bearer(ci), LINES, 'content-length: 1000'])}{}\n`),
      ),
    );
    await expect.poll(() => open.filter(({ text }) => /STREAMS_TOO_MANY/.test(text())).length).toBe(8);
    for (const { socket } of open) socket.destroy();
  });
});

describe('a process that is told to stop', () => {
  it('does not wait for those whose bodies it does not want', async () => {
    const other = await startService();
    const socket = connect({ port: Number(new URL(other.url).port), host: '127.0.0.1' });
    socket.on('error', () => undefined);
    socket.write(head('POST', '/links/batch', [LINES, 'content-length: 300000000']));
    await once(socket, 'data');
    const stopped = other.stop().then(() => 'stopped');
    expect(await Promise.race([stopped, sleep(15_000, 'still there')])).toBe('stopped');
    socket.destroy();
    await stopped;
  });

  it.each([
    ['nothing', ''],
    ['half a question', 'GET /healthz HTTP/1.1\r\nhost: cust'],
  ])('does not wait for who has connected and says %s', async (_, words) => {
    const other = await startService();
    const socket = connect({ port: Number(new URL(other.url).port), host: '127.0.0.1' });
    socket.on('error', () => undefined).resume();
    await once(socket, 'connect');
    socket.write(words);
    const left = new Promise((resolve) => socket.once('close', resolve));
    await other.stop();
    await left;
  });
});

const GO_PROGRAM = `package main
import ("bytes"; "fmt"; "net/http"; "os")
func main() {
  for i := 0; i < 10; i++ {
    r, _ := http.NewRequest("POST", os.Args[1], bytes.NewReader(bytes.Repeat([]byte(" "), ${TWELVE_MB})))
    r.Header.Set("authorization", "Bearer " + os.Args[2])
    r.Header.Set("content-type", "application/json")
    if answer, err := http.DefaultClient.Do(r); err != nil { fmt.Println(err) } else { answer.Body.Close(); fmt.Println(answer.StatusCode) }
  }
}
`;
