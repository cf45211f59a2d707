import { setTimeout as sleep } from 'node:timers/promises';

/** Whether it settles, well or not, in so many milliseconds. Whatever becomes of it later is nobody's business. */
export async function settlesWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  const waiting = new AbortController();
  const settled = promise.then(
    () => true,
    () => true,
  );
  try {
    return await Promise.race([settled, sleep(ms, false, { signal: waiting.signal })]);
  } finally {
    waiting.abort();
  }
}
