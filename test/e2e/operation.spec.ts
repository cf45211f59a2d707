import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../support/client.js';
import { exampleChain } from '../support/example-chain.js';
import { type Service, startService } from '../support/service.js';

describe('an operator', () => {
  let service: Service;
  let anybody: Client;

  beforeAll(async () => {
    service = await startService();
    anybody = service.operator.as(undefined);
    const chain = exampleChain();
    await service.operator.found('acme/web', chain);
    await service.operator.postRun(chain, { chain: 'acme/web', run: '1' });
    await service.operator.waitForVerdict(chain.imageDigest, 'pass');
  });

  afterAll(() => service.stop());

  const ready = async () => (await anybody.get('/readyz')).status;

  it('sees that the process lives and that every part answers', async () => {
    expect((await anybody.get('/healthz')).body).toEqual({ status: 'ok' });
    const { status, body } = await anybody.get('/readyz');
    expect([status, body]).toEqual([
      200,
      { ready: true, parts: { database: 'ok', queue: 'ok', blobs: 'ok' } },
    ]);
  });

  it('sees which part does not answer, and that the process lives all the same', async () => {
    const blobs = join(service.dataDir, 'blobs');
    await rm(blobs, { recursive: true });
    await writeFile(blobs, 'somebody put a file here');
    // What was seen a moment ago is told for up to a second.
    await expect.poll(ready, { timeout: 5_000 }).toBe(503);
    const { body, headers } = await anybody.get('/readyz');
    expect(body.parts).toEqual({ database: 'ok', queue: 'ok', blobs: 'failed' });
    expect(headers.get('retry-after')).not.toBeNull();
    expect((await anybody.get('/healthz')).status).toBe(200);
    await rm(blobs);
    await expect.poll(ready, { timeout: 5_000 }).toBe(200);
    const [link] = exampleChain({ seed: 'after the accident' }).links;
    const posted = await service.operator.postLink(link?.bytes ?? Buffer.alloc(0), { chain: 'acme/web' });
    expect(posted.status).toBe(201);
  });

  it('sees counts by route and never by address', async () => {
    const { headers, bytes } = await service.scraper.get('/metrics');
    expect(headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(`${bytes}`).toMatch(
      /custody_http_request_seconds_count\{method="POST",route="\/links",status="201"\} \d/,
    );
    expect(`${bytes}`).toMatch(/custody_verifications_total\{result="stored"\} \d/);
    expect(`${bytes}`).not.toMatch(/acme|sha256/);
  });

  it('shows the metrics to the scraper alone, who may do nothing else', async () => {
    for (const client of [anybody, service.operator, anybody.as('token-of-the-scraper-of-a-tesT')]) {
      const { status, body, headers } = await client.get('/metrics');
      expect([status, body.code]).toEqual([401, 'METRICS_TOKEN_INVALID']);
      expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
    }
    expect((await service.scraper.get('/chains')).body.code).toBe('TOKEN_INVALID');
  });

  it('reads one JSON line for each thing that happened, with the id that the refused client was told', async () => {
    const { body, status } = await anybody.get('/nowhere/at/all');
    expect([status, body.code]).toEqual([404, 'ROUTE_UNKNOWN']);
    await expect.poll(() => service.log.some((line) => line.includes(String(body.instance)))).toBe(true);
    const lines = service.log.map((line) => JSON.parse(line) as Record<string, unknown>);
    for (const line of lines) {
      expect(line).toMatchObject({
        level: expect.any(Number),
        time: expect.any(Number),
        name: 'custody',
        msg: expect.any(String),
      });
    }
    expect(lines.filter(({ level }) => Number(level) >= 50)).toEqual([]);
  });

  it('keeps what is there, and its tokens, over a restart', async () => {
    const { imageDigest } = exampleChain();
    await service.restart();
    expect((await service.operator.verdict(imageDigest)).body).toMatchObject({
      verdict: 'pass',
      allowed: true,
    });
  });
});

describe('an operator who has not said who may read the metrics', () => {
  it('has them read by nobody', async () => {
    const service = await startService({ CUSTODY_METRICS_TOKEN: '' });
    for (const token of [undefined, '', 'undefined', service.operator.token]) {
      expect((await service.operator.as(token).get('/metrics')).body.code).toBe('METRICS_TOKEN_INVALID');
    }
    await service.stop();
  });
});
