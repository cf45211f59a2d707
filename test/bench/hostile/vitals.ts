import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { scrape, valueIn } from '../service.js';

const MIB = 1024 * 1024;
const EVERY_MS = 1_000;

/** What a time cost the service, and the worst that it came to. */
export interface Vitals {
  readonly statements: number;
  readonly verifications: number;
  readonly heapMib: number;
  readonly residentMib: number;
  /** Longest time in which the event loop did not turn: it computed, or waited for a core. */
  readonly longestTurnMs: number;
  /** The process has ended, or another one answers. */
  readonly ended: boolean;
}

/** Watches a process from outside while the work is done. */
export async function watched<T>(
  url: string,
  database: Client,
  work: () => Promise<T>,
): Promise<{ result: T; vitals: Vitals }> {
  const before = await countersOf(url, database);
  const samples: Sample[] = [];
  let over = false;
  const watch = (async () => {
    while (!over) {
      samples.push(await sampleOf(url));
      await sleep(EVERY_MS);
    }
  })();
  const result = await work().finally(() => {
    over = true;
  });
  await watch;
  const after = await countersOf(url, database);
  const most = (of: keyof Sample): number => Math.max(...samples.map((sample) => sample[of] || 0));
  const vitals = {
    statements: after.statements - before.statements,
    verifications: after.verifications - before.verifications,
    heapMib: most('heapMib'),
    residentMib: most('residentMib'),
    longestTurnMs: most('longestTurnMs'),
    ended: after.started !== before.started,
  };
  return { result, vitals };
}

type Sample = Pick<Vitals, 'heapMib' | 'residentMib' | 'longestTurnMs'>;

/** A process that is too busy to answer is asked again a second later, and tells of its longest turn then. */
async function sampleOf(url: string): Promise<Sample> {
  const metrics = await scrape(url).catch(() => '');
  return {
    heapMib: valueIn(metrics, 'nodejs_heap_size_used_bytes') / MIB,
    residentMib: valueIn(metrics, 'process_resident_memory_bytes') / MIB,
    longestTurnMs: valueIn(metrics, 'nodejs_eventloop_lag_max_seconds') * 1_000,
  };
}

async function countersOf(url: string, database: Client) {
  const metrics = await scrape(url).catch(() => '');
  const verifications = [...metrics.matchAll(/^custody_verifications_total\{.*\} (\S+)/gm)];
  const { rows } = await database.query<{ calls: string }>(
    'select coalesce(sum(calls), 0) as calls from pg_stat_statements',
  );
  return {
    started: valueIn(metrics, 'process_start_time_seconds'),
    verifications: verifications.reduce((sum, [, value]) => sum + Number(value), 0),
    statements: Number(rows[0]?.calls),
  };
}
