import { type Checkout, checkouts } from './checkouts.js';
import { httpLoad, type Load, type LoadOrder } from './load/http-load.js';
import { median, table } from './report.js';
import { asKnownTo, metricOf, type ReadyService, UNLIMITED, withProgram } from './service.js';

/** Sends an order to the service and counts what it costs there. */
export type Send = (order: Omit<LoadOrder, 'port'>, expected: number) => Promise<Load>;

type Loads = Readonly<Record<string, Load>>;
type Pair = readonly [ours: Load, theirs: Load];

/** Prepares a service for being measured; what comes back measures one round, by what is written before a row. */
export type Begin = (
  service: ReadyService & { readonly scratch: string },
  send: Send,
) => Promise<(round: number) => Promise<Loads>>;

/**
 * Measures the service of this checkout and of another one in turn, both as programs of their own that run all the while,
 * so that what else the machine does meets both alike. The first round is for the compilers.
 */
export async function sideBySide(against: string, rounds: number, begin: Begin): Promise<void> {
  const [present, other] = checkouts(against);
  if (!present || !other) throw new Error('There is nothing to compare with.');
  await withBegun(present, begin, (ours) =>
    withBegun(other, begin, async (theirs) => {
      const results: Map<string, Pair>[] = [];
      for (let round = 0; round <= rounds; round += 1) {
        const pairs = pair(await ours(round), await theirs(round));
        if (round > 0) results.push(pairs);
      }
      report(results);
    }),
  );
}

async function withBegun(
  { folder }: Checkout,
  begin: Begin,
  work: (measure: (round: number) => Promise<Loads>) => Promise<void>,
): Promise<void> {
  await withProgram(
    await asKnownTo(folder, UNLIMITED),
    async (service) => {
      const port = Number(new URL(service.url).port);
      const cpuSeconds = () => metricOf(service.url, 'process_cpu_seconds_total');
      const send: Send = (order, expected) => httpLoad({ ...order, port }, expected, cpuSeconds);
      await work(await begin(service, send));
    },
    folder,
  );
}

function pair(ours: Loads, theirs: Loads): Map<string, Pair> {
  const pairs = new Map<string, Pair>();
  for (const [name, own] of Object.entries(ours)) {
    const other = theirs[name];
    if (other) pairs.set(name, [own, other]);
  }
  return pairs;
}

const FIGURES = [
  ['perSecond', 'a second'],
  ['p50', 'p50 ms'],
  ['p99', 'p99 ms'],
  ['cpuMicros', 'CPU µs each'],
] as const;

function report(results: readonly ReadonlyMap<string, Pair>[]): void {
  const names = [...(results[0]?.keys() ?? [])];
  const rows = names.flatMap((name) =>
    FIGURES.map(([figure, unit]) => {
      const rounds = results.flatMap((round) => {
        const both = round.get(name);
        return both ? [both.map((load) => load[figure]) as [number, number]] : [];
      });
      return [
        `${name}: ${unit}`,
        median(rounds.map(([ours]) => ours)),
        median(rounds.map(([, theirs]) => theirs)),
        // Of neighbours in time, so that a busy minute weighs on both sides of a ratio.
        median(rounds.map(([ours, theirs]) => ours / theirs)),
      ];
    }),
  );
  table([`median of ${results.length} rounds`, 'this', 'other', 'this / other'], rows);
}
