import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Client } from '../support/client.js';
import { exampleChain } from '../support/example-chain.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { type Program, startProgram } from '../support/program.js';
import { sha256Hex } from '../support/supply-chain.js';

const tokenOf = (program: Program): string =>
  /custody_[0-9a-f]{16}_[0-9a-f]{64}/.exec(program.output())?.[0] ?? '';

/** What a killed process had claimed comes back to another after half a minute. */
const CLAIMS_END = 45_000;

describe('the all-in-one process', () => {
  let dataDir: string;
  let database: TestDatabase | undefined;
  let program: Program;
  const started: Program[] = [];

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'custody-test-process-'));
  });

  afterEach(async () => {
    for (const running of started.splice(0)) await running.end('SIGTERM');
    await database?.drop();
    database = undefined;
    await rm(dataDir, { recursive: true, force: true });
  });

  /** Starts it, with the token that the first start on this data shows. */
  const start = async (token?: string): Promise<Client> => {
    program = await startProgram('all-in-one', {
      CUSTODY_DATA_DIR: dataDir,
      ...(database ? { DATABASE_URL: database.url } : {}),
    });
    started.push(program);
    if (token === undefined) {
      await expect.poll(() => tokenOf(program), { timeout: 10_000 }).not.toBe('');
    }
    return new Client(program.url, token ?? tokenOf(program));
  };

  it('has every acknowledged link after it was killed while links were posted, and verifies them', async () => {
    let operator = await start();
    const chains = ['one', 'two', 'three', 'four'].map((seed) => exampleChain({ seed }));
    const [first, ...others] = chains;
    for (const [i, chain] of chains.entries()) {
      await operator.found(`acme/${i}`, chain);
    }
    if (first) await operator.postRun(first, { chain: 'acme/0', run: '1', subject: first.imageDigest });

    const acknowledged: { chain: string; bytes: Buffer }[] = [];
    const posts = others.flatMap(({ links, imageDigest: subject }, i) =>
      links.map(async ({ bytes }) => {
        const chain = `acme/${i + 1}`;
        const { status } = await operator.postLink(bytes, { chain, run: '1', subject });
        if (status === 201) acknowledged.push({ chain, bytes });
        if (acknowledged.length === 4) await program.end('SIGKILL');
      }),
    );
    await Promise.allSettled(posts);
    expect(acknowledged.length).toBeGreaterThanOrEqual(4);

    operator = await start(operator.token);
    for (const { chain, bytes } of acknowledged) {
      const stored = await operator.get(`/links/${sha256Hex(bytes)}?chain=${chain}`);
      expect(stored.bytes.equals(bytes)).toBe(true);
    }
    if (first) await operator.waitForVerdict(first.imageDigest, 'pass', 'acme/0', CLAIMS_END);
    for (const [i, { links, imageDigest: subject }] of others.entries()) {
      for (const { bytes } of links) {
        expect(
          (await operator.postLink(bytes, { chain: `acme/${i + 1}`, run: '1', subject })).status,
        ).toBeLessThan(202);
      }
      await operator.waitForVerdict(subject, 'pass', `acme/${i + 1}`, CLAIMS_END);
    }
  }, 120_000);

  it('finishes the request under way before it stops, and finds everything when it starts again', async () => {
    database = await createDatabase();
    let operator = await start();
    const chain = exampleChain();
    await operator.found('acme/web', chain);
    const [link, ...rest] = chain.links;
    const bytes = link?.bytes ?? Buffer.alloc(0);

    const slow = request(`${operator.url}/links?chain=acme/web&run=1`, {
      method: 'POST',
      headers: { authorization: `Bearer ${operator.token}`, 'content-type': 'application/json' },
    });
    slow.write(bytes.subarray(0, 50));
    await expect.poll(() => operator.get('/healthz').then(({ status }) => status)).toBe(200);
    const ended = program.end('SIGTERM');
    await expect.poll(() => program.output(), { timeout: 10_000 }).toContain('stopping');
    slow.end(bytes.subarray(50));
    const [response] = await once(slow, 'response');
    expect([response.statusCode, JSON.parse(await text(response)).id]).toEqual([201, sha256Hex(bytes)]);
    expect(await ended).toBe(0);
    await expect(fetch(`${operator.url}/healthz`)).rejects.toThrow();

    operator = await start(operator.token);
    expect((await operator.get(`/links/${sha256Hex(bytes)}?chain=acme/web`)).bytes.equals(bytes)).toBe(true);
    for (const { bytes: next } of rest) {
      await operator.postLink(next, { chain: 'acme/web', run: '1' });
    }
    await operator.waitForVerdict(chain.imageDigest, 'pass');
    expect(tokenOf(program)).toBe('');
  }, 120_000);

  it('shows its first token to the terminal once, and in no line of the log', async () => {
    database = await createDatabase();
    await start();
    const shown = program
      .output()
      .split('\n')
      .filter((line) => line.includes('custody_'));
    expect(shown).toHaveLength(1);
    expect(shown[0]).not.toContain('{');
    expect(
      program
        .output()
        .split('\n')
        .filter((line) => line.startsWith('{')).length,
    ).toBeGreaterThan(0);
  }, 60_000);
});
