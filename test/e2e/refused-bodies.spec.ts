import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { component } from '../support/components.js';
import { exampleChain } from '../support/example-chain.js';
import { execute } from '../support/execute.js';
import { type Nginx, startNginx } from '../support/nginx.js';
import { type Service, startService } from '../support/service.js';

const CHAIN = 'acme/web';
const REFUSED_BYTES = 300_000;
const TOO_LARGE_BYTES = 12_000_000;

let service: Service;
let ingestToken: string;

beforeAll(async () => {
  service = await startService();
  await service.operator.found(CHAIN, exampleChain({ seed: 'refused bodies' }));
  ingestToken = await service.operator.createToken(['ingest'], CHAIN);
});

afterAll(() => service.stop());

const post = async (url: string, headers: Record<string, string>, bytes: number): Promise<number> => {
  const answer = await fetch(url, { method: 'POST', headers, body: Buffer.alloc(bytes, ' ') });
  await answer.arrayBuffer();
  return answer.status;
};

/** Of somebody without a token. */
const strangersBatch = (url: string): Promise<number> =>
  post(`${url}/links/batch`, { 'content-type': 'application/x-ndjson' }, REFUSED_BYTES);

const linkTooLarge = (url: string): Promise<number> => {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${ingestToken}` };
  return post(`${url}/links`, headers, TOO_LARGE_BYTES);
};

component('nginx')('bodies that are refused behind a proxy that keeps its connections', () => {
  let nginx: Nginx;

  beforeAll(async () => {
    nginx = await startNginx(service.url);
  });

  afterAll(() => nginx.stop());

  describe.each([
    ['reads bodies first', ''],
    ['passes them on as they come', '/unbuffered'],
  ])('and %s', (_, path) => {
    it('delay nobody who comes after them', async () => {
      for (let round = 0; round < 5; round += 1) {
        const refused = Array.from({ length: 8 }, () => strangersBatch(`${nginx.url}${path}`));
        expect(new Set(await Promise.all(refused))).toEqual(new Set([401]));
        const others = Array.from({ length: 10 }, () => fetch(`${nginx.url}/healthz`));
        expect(new Set((await Promise.all(others)).map(({ status }) => status))).toEqual(new Set([200]));
      }
    });

    it('are told to be too large, every time', async () => {
      const statuses = new Set<number>();
      for (let n = 0; n < 5; n += 1) statuses.add(await linkTooLarge(`${nginx.url}${path}`));
      expect(statuses).toEqual(new Set([413]));
    });
  });
});

describe('bodies that are refused one after the other', () => {
  const answers = [401, 413, 401, 413, 401, 413];

  it('are each answered to fetch', async () => {
    const said: number[] = [];
    for (let n = 0; n < 3; n += 1) {
      said.push(await strangersBatch(service.url), await linkTooLarge(service.url));
    }
    expect(said).toEqual(answers);
  });

  /** What a client of another language is answered. */
  const askedBy = async (file: string, program: string, ...command: readonly [string, ...string[]]) => {
    const folder = await mkdtemp(join(tmpdir(), 'custody-client-'));
    await writeFile(join(folder, file), program);
    const [name, ...args] = command;
    const said = await execute(name, [...args, file, service.url, ingestToken], { cwd: folder });
    await rm(folder, { recursive: true, force: true });
    return said.trim().split('\n');
  };

  component('requests')('by a session of Python requests', () => {
    it('are each answered', async () => {
      expect(await askedBy('main.py', PYTHON_PROGRAM, '/usr/bin/python3')).toEqual(answers.map(String));
    });
  });

  component('go')('by the client of Go', () => {
    it('are each answered', async () => {
      expect(await askedBy('main.go', GO_PROGRAM, 'go', 'run')).toEqual(answers.map(String));
    });
  });
});

const PYTHON_PROGRAM = `
import requests, sys
url, token = sys.argv[1:]
with requests.Session() as session:
    for _ in range(3):
        batch = {"content-type": "application/x-ndjson"}
        print(session.post(url + "/links/batch", headers=batch, data=b" " * ${REFUSED_BYTES}, timeout=20).status_code)
        link = {"content-type": "application/json", "authorization": "Bearer " + token}
        print(session.post(url + "/links", headers=link, data=b" " * ${TOO_LARGE_BYTES}, timeout=20).status_code)
`;

const GO_PROGRAM = `package main
import ("bytes"; "fmt"; "io"; "net/http"; "os")
func post(path, kind, token string, size int) {
  r, _ := http.NewRequest("POST", os.Args[1] + path, bytes.NewReader(bytes.Repeat([]byte(" "), size)))
  r.Header.Set("content-type", kind)
  if token != "" { r.Header.Set("authorization", "Bearer " + token) }
  answer, err := http.DefaultClient.Do(r)
  if err != nil { fmt.Println(err); return }
  io.Copy(io.Discard, answer.Body); answer.Body.Close()
  fmt.Println(answer.StatusCode)
}
func main() {
  for i := 0; i < 3; i++ {
    post("/links/batch", "application/x-ndjson", "", ${REFUSED_BYTES})
    post("/links", "application/json", os.Args[2], ${TOO_LARGE_BYTES})
  }
}
`;
