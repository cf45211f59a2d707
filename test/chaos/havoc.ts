import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../support/random.js';
import { type BlobFault, blobFaults } from './fault-proxy.js';
import type { Installation, Member } from './members.js';

export type Deed = 'kill' | 'restart' | 'stop' | 'flush' | 'lose' | BlobFault;

/** Something that goes wrong with a member, and for how long. */
export interface Act {
  readonly at: number;
  readonly member: Member | 'blobs';
  readonly deed: Deed;
  readonly lasts: number;
}

const DEEDS: readonly [Member | 'blobs', ...Deed[]][] = [
  ['ingest-api', 'kill', 'restart', 'stop'],
  ['query-api', 'kill', 'restart', 'stop'],
  ['worker-1', 'kill', 'kill', 'restart', 'stop'],
  ['worker-2', 'kill', 'kill', 'restart', 'stop'],
  ['postgres', 'kill', 'stop'],
  ['redis', 'kill', 'stop', 'flush', 'flush', 'lose'],
  ['s3', 'kill', 'stop'],
  ['blobs', ...blobFaults],
];

/** Deeds with a SIGKILL in them. */
const KILLS: readonly Deed[] = ['kill', 'lose'];
/** A member that is back has so long to do something before it is hit again. */
const PEACE_MS = 2_500;

/** What goes wrong and when: the same seed, the same acts. */
export function scheduleOf(seed: number, milliseconds: number): Act[] {
  const random = new Random(seed);
  const free = new Map(DEEDS.map(([member]) => [member, 0]));
  const acts: Act[] = [];
  for (let at = 1_000; at < milliseconds; at += 800 + random.int(2_400)) {
    const [member, ...deeds] = random.pick(DEEDS as [(typeof DEEDS)[number], ...typeof DEEDS]);
    const deed = random.one(deeds) ?? 'kill';
    const lasts = 200 + random.int(5_000);
    if (at < (free.get(member) ?? 0)) continue;
    free.set(member, at + lasts + PEACE_MS);
    acts.push({ at, member, deed, lasts });
  }
  return acts;
}

export const killsOf = (acts: readonly Act[]): number =>
  acts.filter(({ deed }) => KILLS.includes(deed)).length;

/**
 * Performs the acts, each at its time; those of one member one after the other, later if the machine is too busy to bring
 * it back in time. Returns when all members are well again.
 */
export async function wreak(
  acts: readonly Act[],
  installation: Installation,
  onAct: (act: Act) => void,
): Promise<void> {
  const start = performance.now();
  const busy = new Map<Act['member'], Promise<void>>();
  for (const act of acts) {
    await sleep(Math.max(0, act.at - (performance.now() - start)));
    const before = busy.get(act.member) ?? Promise.resolve();
    const done = before.then(async () => {
      onAct(act);
      await perform(act, installation);
      await sleep(PEACE_MS);
    });
    // Whoever waits at the end is told of a failure; until then it is nobody's.
    done.catch(() => {});
    busy.set(act.member, done);
  }
  await Promise.all(busy.values());
}

async function perform({ member, deed, lasts }: Act, { members, proxy, redis }: Installation): Promise<void> {
  if (member === 'blobs') {
    proxy.inject(deed as BlobFault);
    await sleep(lasts);
    return proxy.heal();
  }
  const server = members[member];
  if (!server.isRunning()) throw new Error(`${member} had ended by itself before it was hit.`);
  switch (deed) {
    case 'kill':
      await server.kill9();
      await sleep(lasts);
      return server.restart();
    case 'restart':
      await server.stop();
      return server.restart();
    case 'stop':
      server.pause();
      await sleep(lasts);
      return server.resume();
    case 'lose':
      await redis.kill9();
      await sleep(lasts);
      return redis.restartEmpty();
    case 'flush':
      return redis.flush();
  }
}
