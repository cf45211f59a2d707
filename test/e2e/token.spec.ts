import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProgram } from '../support/program.js';
import { freePort } from '../support/server-process.js';
import { type Service, startService } from '../support/service.js';

/** What `npm run token` says when it fails; it must not be a stack. */
async function complaint(environment: Record<string, string>, ...args: string[]): Promise<string> {
  const ended = runProgram('token', environment, args);
  const output = await ended.then(
    (text) => Promise.reject(new Error(`it did not fail: ${text}`)),
    (error: Error) => error.message,
  );
  expect(output).not.toMatch(/^ +at /m);
  return output;
}

const create = (...more: string[]) => ['create', '--name', 'ci', '--scope', 'ingest', ...more];

describe('npm run token', () => {
  let service: Service;
  let operator: Record<string, string>;

  beforeAll(async () => {
    service = await startService();
    operator = { CUSTODY_URL: service.url, CUSTODY_TOKEN: service.operator.token ?? '' };
  });

  afterAll(() => service.stop());

  it('makes a token that works', async () => {
    const output = await runProgram('token', operator, create('--days', '7'));
    const token = /^custody_\w+$/m.exec(output)?.[0];
    const { body } = await service.operator.as(token).post('/links?chain=acme/none', '{}');
    expect(body.code).toBe('CHAIN_UNKNOWN');
  });

  it.each(['abc', '366'])('says what --days %j should have been', async (days) => {
    expect(await complaint(operator, ...create(`--days=${days}`))).toContain('whole number from 1 to 365');
  });

  it('passes on what the service says is wrong, field by field', async () => {
    const output = await complaint(operator, 'create', '--name', 'x'.repeat(1_000), '--scope', 'read');
    expect(output).toMatch(/BODY_INVALID: .*\n {2}name: /);
  });

  it('names the refusal of a token that is not valid', async () => {
    expect(await complaint({ ...operator, CUSTODY_TOKEN: 'custody_no_token' }, 'list')).toContain(
      'TOKEN_INVALID',
    );
  });

  it('says that no service is there, and which setting names another', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const output = await complaint({ ...operator, CUSTODY_URL: url }, 'list');
    expect(output).toContain(`No service answers at ${url}`);
    expect(output).toContain('ECONNREFUSED');
    expect(output).toContain('CUSTODY_URL');
  });

  it('says that something else answers', async () => {
    const other = createServer((_, response) => void response.writeHead(502).end('<html>'));
    await new Promise<void>((listening) => other.listen(0, '127.0.0.1', listening));
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    const output = await complaint({ ...operator, CUSTODY_URL: url }, 'list');
    other.close();
    expect(output).toContain('answered 502, but not as Custody does');
  });

  it('says that CUSTODY_URL is no address', async () => {
    expect(await complaint({ ...operator, CUSTODY_URL: 'localhost:8470' }, 'list')).toContain('CUSTODY_URL');
  });

  it('says that the database is not there', async () => {
    const url = `postgresql://nobody@localhost:${await freePort()}/none`;
    const output = await complaint({ DATABASE_URL: url }, 'list');
    expect(output).toMatch(/DATABASE_URL names cannot be used: .*ECONNREFUSED/);
  });
});
