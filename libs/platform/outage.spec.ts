import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Dependency, OutageError } from './outage.js';

const away = Object.assign(new Error('away'), { code: 'ECONNREFUSED' });

describe('a dependency', () => {
  let part: Dependency;
  const patience = { milliseconds: 200 };
  const fails = (error: Error) => () => Promise.reject(error);

  beforeEach(() => {
    part = new Dependency('database', (error) => error === away);
  });

  const breakDown = async () => {
    for (let i = 0; i < 5; i += 1) await part.use(fails(away), patience).catch(() => {});
  };

  it('gives what the work gives, and the errors that are no outage as they are', async () => {
    expect(await part.use(async () => 'rows', patience)).toBe('rows');
    const wrong = new Error('a duplicate');
    for (let i = 0; i < 10; i += 1) await expect(part.use(fails(wrong), patience)).rejects.toBe(wrong);
    expect(await part.use(async () => 'rows', patience)).toBe('rows');
  });

  it('gives up work that takes too long', async () => {
    const hanging = part.use(() => new Promise(() => {}), patience);
    await expect(hanging).rejects.toThrow(OutageError);
  });

  it('is not asked after five failures in a row, and answers at once', async () => {
    await breakDown();
    const work = vi.fn();
    await expect(part.use(work, patience)).rejects.toThrow('the database does not answer');
    expect(work).not.toHaveBeenCalled();
  });

  it('is tried by one when it has rested, while others are told at once', async () => {
    await breakDown();
    await sleep(1_050);
    let answer = (_: string) => {};
    const trial = part.use(() => new Promise<string>((resolve) => (answer = resolve)), patience);
    const work = vi.fn();
    await expect(part.use(work, patience)).rejects.toThrow(OutageError);
    expect(work).not.toHaveBeenCalled();
    answer('back');
    expect(await trial).toBe('back');
    expect(await part.use(async () => 'rows', patience)).toBe('rows');
  });
});
