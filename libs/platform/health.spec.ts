import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Readiness } from './health.js';

describe('readiness', () => {
  let readiness: Readiness;
  let database: ReturnType<typeof vi.fn<() => Promise<unknown>>>;

  beforeEach(() => {
    vi.useFakeTimers();
    readiness = new Readiness();
    database = vi.fn(async () => undefined);
    readiness.register('database', database);
  });

  afterEach(() => vi.useRealTimers());

  it('asks each part once a second, however many ask', async () => {
    for (let ask = 0; ask < 100; ask += 1) {
      await Promise.all(Array.from({ length: 10 }, () => readiness.report()));
      await vi.advanceTimersByTimeAsync(9);
    }
    expect(database).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(100);
    expect(await readiness.report()).toEqual({ ready: true, parts: { database: 'ok' } });
    expect(database).toHaveBeenCalledTimes(2);
  });

  it('tells a second later what has changed', async () => {
    await readiness.report();
    database.mockRejectedValue(new Error('away'));
    expect(await readiness.report()).toMatchObject({ ready: true });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await readiness.report()).toEqual({ ready: false, parts: { database: 'failed' } });
  });

  it('asks no part that is silent a second time while it waits for it', async () => {
    database.mockReturnValue(new Promise(() => {}));
    const first = readiness.report();
    await vi.advanceTimersByTimeAsync(1_500);
    const second = readiness.report();
    await vi.advanceTimersByTimeAsync(500);
    expect(await Promise.all([first, second])).toEqual([
      { ready: false, parts: { database: 'failed' } },
      { ready: false, parts: { database: 'failed' } },
    ]);
    expect(database).toHaveBeenCalledTimes(1);
  });

  it('is denied at once while the process drains, whatever its parts do', async () => {
    database.mockReturnValue(new Promise(() => {}));
    readiness.drain();
    expect(await readiness.report()).toEqual({ ready: false, parts: {} });
    expect(database).not.toHaveBeenCalled();
  });

  it('is denied to those who were waiting when the draining began', async () => {
    const waiting = readiness.report();
    readiness.drain();
    expect(await waiting).toMatchObject({ ready: false });
  });
});
