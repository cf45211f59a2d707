import { describe, expect, it } from 'vitest';
import type { LiveWork } from '#persistence/subjects/live-work.js';
import { ReplayPace } from './replay-pace.js';

const idle: LiveWork = { isWaiting: false, links: '1' };
const busy: LiveWork = { isWaiting: true, links: '1' };

describe('the pace of a replay', () => {
  it('lets nothing go before those who wait, as long as they do not wait for ever', async () => {
    const looks = [busy, busy, idle];
    const pace = new ReplayPace(async () => looks.shift() ?? idle);
    expect(await pace.turn(null, async () => looks.length)).toBe(0);
  });

  it('goes on a little all the same, where somebody always waits', async () => {
    const pace = new ReplayPace(async () => busy);
    expect(await pace.turn(null, async () => 'done')).toBe('done');
  });

  it('looks once for all that come together', async () => {
    let looks = 0;
    const pace = new ReplayPace(async () => {
      looks += 1;
      return idle;
    });
    await Promise.all([1, 2, 3].map((work) => pace.turn(null, async () => work)));
    expect(looks).toBe(1);
  });
});
