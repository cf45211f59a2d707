import { randomBytes } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { KnownTokens } from '#access/known-tokens.js';
import { TokenService } from '#access/token-service.js';
import { createDataSource } from '#persistence/data-source.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';

const madeUp = () => `custody_${randomBytes(8).toString('hex')}_${randomBytes(32).toString('hex')}`;

describe('a flood of made-up tokens', () => {
  let database: TestDatabase;
  let source: DataSource;
  let holder: { id: string; token: string };
  let tokens: KnownTokens;

  beforeAll(async () => {
    database = await createDatabase();
    source = await createDataSource(database.url, 4).initialize();
  });

  beforeEach(async () => {
    tokens = new KnownTokens(source);
    holder = await create();
  });

  afterEach(() => vi.restoreAllMocks());

  afterAll(async () => {
    await source.destroy();
    await database.drop();
  });

  const create = () =>
    new TokenService(source).create({ name: 'CI', scopes: ['ingest'], days: 1 }, new Date());
  const countStatements = () => {
    const query = vi.spyOn(source, 'query');
    return () => query.mock.calls.length;
  };
  const flood = (count: number, fromSuspect = false) =>
    Promise.all(Array.from({ length: count }, () => tokens.identify(madeUp(), fromSuspect)));

  it('costs few statements, and a valid token in the midst of it is found', async () => {
    const statements = countStatements();
    const [found] = await Promise.all([tokens.identify(holder.token), flood(4_000)]);
    expect(found?.tokenId).toBe(holder.id);
    expect(statements()).toBe(2);
  });

  it('costs nothing when they are the same ones again', async () => {
    const text = madeUp();
    await tokens.identify(text);
    const statements = countStatements();
    await Promise.all(Array.from({ length: 100 }, () => tokens.identify(text)));
    expect(statements()).toBe(0);
  });

  it('of an address that guesses keeps nobody else waiting', async () => {
    const order: string[] = [];
    const suspects = [1, 2, 3].map(async (round) => {
      await flood(6_000, true);
      order.push(`suspects ${round}`);
    });
    await tokens.identify(holder.token);
    order.push('holder');
    await Promise.all(suspects);
    // The first of them was looked up alone and at once; the rest came behind.
    expect(order.indexOf('holder')).toBeLessThan(order.length - 1);
  });

  it('does not keep a valid token from the same address from being found', async () => {
    const [, found] = await Promise.all([flood(12_000, true), tokens.identify(holder.token, true)]);
    expect(found?.tokenId).toBe(holder.id);
  });

  it('leaves a token that was good its place before all suspects', async () => {
    await tokens.identify(holder.token);
    await flood(12_000);
    const order: string[] = [];
    const suspects = flood(6_000, true).then(() => order.push('suspects'));
    const found = await tokens.identify(holder.token, true);
    order.push('holder');
    await suspects;
    expect(found?.tokenId).toBe(holder.id);
    expect(order).toEqual(['holder', 'suspects']);
  });

  it('refuses no token for good whose id was asked for before it counted', async () => {
    const { id, token } = await create();
    await source.query('update access_token set revoked_at = now() where id = $1', [id]);
    expect(await tokens.identify(token)).toBeUndefined();
    await source.query('update access_token set revoked_at = null where id = $1', [id]);
    await expect.poll(() => tokens.identify(token), { timeout: 10_000 }).toMatchObject({ tokenId: id });
  });

  it('that only look like tokens asks nothing', async () => {
    const statements = countStatements();
    for (const text of ['', 'guess', holder.token.toUpperCase(), `${holder.token}0`]) {
      expect(await tokens.identify(text)).toBeUndefined();
    }
    expect(statements()).toBe(0);
  });

  it('with the id of a real one and another secret finds nothing', async () => {
    const forged = `custody_${holder.id}_${'0'.repeat(64)}`;
    expect(await tokens.identify(forged)).toBeUndefined();
    await tokens.identify(holder.token);
    expect(await tokens.identify(forged)).toBeUndefined();
    expect(tokens.recall(forged)).toBeUndefined();
  });
});
