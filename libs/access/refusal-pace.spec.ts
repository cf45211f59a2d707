import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { RefusalPace } from './refusal-pace.js';

/** A connection, as far as its reading is held. */
function connection() {
  return {
    isPaused: false,
    destroyed: false,
    pause() {
      this.isPaused = true;
    },
    resume() {
      this.isPaused = false;
    },
    destroy() {
      this.destroyed = true;
    },
  };
}

describe('the pace of refusals', () => {
  let pace: RefusalPace;

  const begin = (refusals: ConstructorParameters<typeof RefusalPace>[0]) => {
    pace = new RefusalPace(refusals);
    const told: string[] = [];
    const stranger = (name: string, address = name, socket = connection()) =>
      pace.turn(address, socket as never).then(() => void told.push(name));
    return { told, stranger };
  };

  afterEach(() => pace.onModuleDestroy());

  it('refuses at once what comes now and then', async () => {
    const { stranger } = begin({ perSecond: 0, burst: 2, waiting: 10 });
    await stranger('10.0.0.1');
    await stranger('10.0.0.1');
  });

  it('lets the rest wait, and does not read what they send meanwhile', async () => {
    const { told, stranger } = begin({ perSecond: 0, burst: 1, waiting: 10 });
    const [first, second] = [connection(), connection()];
    await stranger('10.0.0.1', '10.0.0.1', first);
    const waiting = stranger('10.0.0.1', '10.0.0.1', second);
    await sleep(50);
    expect([first.isPaused, second.isPaused, told.length]).toEqual([false, true, 1]);
    pace.onModuleDestroy();
    await waiting;
    expect(second.isPaused).toBe(false);
  });

  it('goes by addresses in turn, so that who asks once does not wait for who asks a thousand times', async () => {
    const { told, stranger } = begin({ perSecond: 0, burst: 0, waiting: 100 });
    const flood = Array.from({ length: 20 }, (_, n) => stranger(`flood ${n}`, '10.0.0.1'));
    const honest = stranger('mistaken', '10.0.0.2');
    pace.onModuleDestroy();
    await Promise.all([...flood, honest]);
    expect(told.indexOf('mistaken')).toBe(1);
  });

  it('takes an IPv6 network for one address', async () => {
    const { told, stranger } = begin({ perSecond: 0, burst: 0, waiting: 100 });
    const flood = ['1', '2', '3'].map((host) => stranger(host, `2001:db8::${host}`));
    const honest = stranger('mistaken', '2001:db8:1::1');
    pace.onModuleDestroy();
    await Promise.all([...flood, honest]);
    expect(told.indexOf('mistaken')).toBe(1);
  });

  it('goes on by itself', async () => {
    const { stranger } = begin({ perSecond: 1_000, burst: 20, waiting: 100 });
    await Promise.all(Array.from({ length: 50 }, (_, n) => stranger(`${n}`)));
  });

  it('hangs up on those for whom there is no room', async () => {
    const { stranger } = begin({ perSecond: 0, burst: 0, waiting: 1 });
    void stranger('10.0.0.1');
    const one = connection();
    await stranger('10.0.0.2', '10.0.0.2', one);
    expect(one.destroyed).toBe(true);
  });

  it('holds up nobody in a process that stops', async () => {
    const { stranger } = begin({ perSecond: 0, burst: 0, waiting: 1 });
    pace.onModuleDestroy();
    await stranger('10.0.0.1');
  });
});
