import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client } from '../support/client.js';
import { exampleChain } from '../support/example-chain.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { type Program, startProgram } from '../support/program.js';
import { link } from '../support/supply-chain.js';

const CHAIN = 'acme/web';
const MIB = 1024 * 1024;
const chain = exampleChain();

/** 10 KB that unfold to 10 MiB, of which a parser makes hundreds: what `[{},{},…]` becomes. */
function bomb(n: number): Buffer {
  const signed = { ...link('build'), byproducts: { n, a: '@' } };
  const [before, after] = JSON.stringify({ signatures: [{ keyid: 'ff', sig: '00' }], signed }).split('"@"');
  const objects = Buffer.alloc(10 * MIB - 2_001, '{},');
  return gzipSync(`${before}[${objects.subarray(0, objects.lastIndexOf('}') + 1)}]${after}`, { level: 9 });
}

describe('a service with a heap of 256 MB', () => {
  let database: TestDatabase;
  let dataDir: string;
  let program: Program;

  beforeAll(async () => {
    database = await createDatabase();
    dataDir = await mkdtemp(join(tmpdir(), 'custody-test-bombs-'));
    program = await startProgram('all-in-one', {
      CUSTODY_DATA_DIR: dataDir,
      DATABASE_URL: database.url,
      NODE_OPTIONS: '--max-old-space-size=256',
    });
  });

  afterAll(async () => {
    await program.end('SIGTERM');
    await database.drop();
    await rm(dataDir, { recursive: true, force: true });
  });

  it('outlives forty small bodies at once that unfold to ten megabytes each', async () => {
    const token = () => /custody_[0-9a-f]{16}_[0-9a-f]{64}/.exec(program.output())?.[0];
    await expect.poll(token, { timeout: 10_000 }).toBeDefined();
    const operator = new Client(program.url, token());
    await operator.found(CHAIN, chain);
    const bodies = Array.from({ length: 40 }, (_, n) => bomb(n));
    expect(Math.max(...bodies.map(({ length }) => length))).toBeLessThan(20_000);
    const replies = await Promise.all(
      bodies.map((body) =>
        operator.post(`/links?chain=${CHAIN}&run=bombs`, body, { 'content-encoding': 'gzip' }),
      ),
    );
    const answers = replies.map(({ status, body }) => `${status} ${body.code}`);
    expect(answers.filter((answer) => answer !== '413 JSON_TOO_LARGE' && !answer.startsWith('503'))).toEqual(
      [],
    );
    expect(answers).toContain('413 JSON_TOO_LARGE');
    await operator.postRun(chain, { chain: CHAIN, run: 'good' });
    await operator.waitForVerdict(chain.imageDigest, 'pass', CHAIN);
  }, 120_000);
});
