import { format, inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createLogger } from './logger.js';
import { Secret } from './secret.js';

const secret = new Secret('hush');

describe('a secret', () => {
  it('shows itself when asked by name', () => {
    expect(secret.reveal()).toBe('hush');
  });

  it.each<[string, string]>([
    ['put into a text', `${secret}`],
    ['added to a text', ['at', secret].join(' ')],
    ['serialised', JSON.stringify({ secret })],
    ['printed', format('%s %o %j', secret, secret, secret)],
    ['inspected with everything in it', inspect({ deep: [secret] }, { depth: null, showHidden: true })],
    ['inspected as itself', inspect(secret, { customInspect: false, showHidden: true })],
    ['copied', JSON.stringify({ ...secret }) + inspect(Object.assign({}, secret))],
    ['listed', [...Object.keys(secret), ...Object.values(secret), ...Reflect.ownKeys(secret)].join()],
  ])('does not when %s', (_, text) => {
    expect(text).not.toContain('hush');
  });

  it('does not when it is logged', () => {
    const lines: string[] = [];
    const logger = createLogger({ logLevel: 'info' }, 'test', { write: (line) => lines.push(line) });
    logger.info({ secret, config: { database: secret } }, `started with ${secret}`);
    expect(lines.join()).toContain('started with [redacted]');
    expect(lines.join()).not.toContain('hush');
  });

  it.each(['', 'hus', 'hush ', 'HUSH', 'another'])('is not %j', (other) => {
    expect(secret.equals(other)).toBe(false);
  });

  it('is its own text', () => {
    expect(secret.equals('hush')).toBe(true);
  });

  it('is none when there is no value', () => {
    expect(Secret.from(undefined)).toBeUndefined();
    expect(Secret.from('')?.reveal()).toBe('');
  });
});
