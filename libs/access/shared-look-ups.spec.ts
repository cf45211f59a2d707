import { describe, expect, it } from 'vitest';
import { SharedLookUps } from './shared-look-ups.js';

const LIMITS = { pauseMs: 1, idsEach: 1_000, idsAtOnce: 5_000 };
const strangers = (count: number) => Array.from({ length: count }, (_, at) => `stranger ${at}`);

/** A register that knows Alice, and what it was asked. */
function register() {
  const asked: (readonly string[])[] = [];
  let atOnce = 0;
  return {
    asked,
    async look(ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
      atOnce += 1;
      expect(atOnce).toBe(1);
      asked.push(ids);
      await new Promise((resolve) => setTimeout(resolve, 1));
      atOnce -= 1;
      return new Map(ids.filter((id) => id === 'alice').map((id) => [id, 'Alice']));
    },
  };
}

describe('looking up', () => {
  it('is done at once for one who comes alone', async () => {
    const { look, asked } = register();
    const found = new SharedLookUps(look, LIMITS).find('alice');
    expect(asked).toEqual([['alice']]);
    expect(await found).toBe('Alice');
  });

  it('costs a flood of strangers few statements, never two at a time, and finds whoever is among them', async () => {
    const { look, asked } = register();
    const lookUps = new SharedLookUps(look, LIMITS);
    const ids = [...strangers(2_000), 'alice', ...strangers(2_500)];
    const found = await Promise.all(ids.map((id) => lookUps.find(id)));
    expect(found.filter((each) => each !== undefined)).toEqual(['Alice']);
    expect(asked.map(({ length }) => length)).toEqual([1, 1_000, 1_000, 500]);
  });

  it('is done once for those who ask for the same, also while it is under way', async () => {
    const { look, asked } = register();
    const lookUps = new SharedLookUps(look, LIMITS);
    expect(await Promise.all(['alice', 'alice', 'alice'].map((id) => lookUps.find(id)))).toEqual([
      'Alice',
      'Alice',
      'Alice',
    ]);
    expect(asked).toEqual([['alice']]);
  });

  it('tells everybody who waited when it fails, and goes on', async () => {
    let isAway = true;
    const lookUps = new SharedLookUps(async (ids) => {
      if (isAway) throw new Error('the database is away');
      return new Map(ids.map((id) => [id, id]));
    }, LIMITS);
    const told = await Promise.allSettled(strangers(20).map((id) => lookUps.find(id)));
    expect(told.map(({ status }) => status)).toEqual(told.map(() => 'rejected'));
    isAway = false;
    expect(await lookUps.find('alice')).toBe('alice');
  });

  it('lets only so many wait, so that a database that stands still fills no memory', async () => {
    const lookUps = new SharedLookUps<string>(() => new Promise(() => {}), { ...LIMITS, idsAtOnce: 3 });
    for (const id of strangers(3)) void lookUps.find(id);
    await expect(lookUps.find('alice')).rejects.toMatchObject({
      code: 'OVERLOADED',
      details: { retryAfter: 1 },
    });
  });
});
