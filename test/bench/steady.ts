import { join } from 'node:path';
import { Client } from 'pg';
import { channels } from '#persistence/channels.js';
import { launchPostgres } from '#platform/postgres/launch.js';
import { AGAINST, checkouts } from './checkouts.js';
import { benchOptions } from './options.js';
import { figure, median, percentile, printEnvironment, table } from './report.js';
import { withScratch } from './service.js';
import {
  type Installation,
  installations,
  oneProcessOf,
  type WithInstallation,
} from './steady/installation.js';
import { type Build, connections, LINKS_A_BUILD, playPipelines } from './steady/pipelines.js';

const options = benchOptions('from a link to its verdict while links keep coming at a steady rate', {
  rates: ['20,200', 'links a second, one after the other; the first is the floor of the others'],
  seconds: ['60', 'of each rate'],
  against: AGAINST,
  rounds: ['3', 'with --against: installations of one process of each checkout, in turn'],
});
const SECONDS = Number(options.seconds);
const rates = options.rates.split(',').map(Number);
const rows: (string | number)[][] = [];

printEnvironment();
if (options.against) {
  /** From when a last link was due to its pass, p99 of each round, by checkout and rate. */
  const tails = new Map<string, number[]>();
  for (let round = 1; round <= Number(options.rounds); round += 1) {
    for (const { name, folder } of checkouts(options.against)) {
      for (const [rate, builds] of await measure(`${name}, round ${round}`, oneProcessOf(folder))) {
        const key = `${name} ${rate}`;
        tails.set(key, [...(tails.get(key) ?? []), percentile(builds.flatMap(dueToPass), 0.99)]);
      }
    }
  }
  report();
  console.log();
  table(
    ['due to pass, p99 ms, median of rounds', 'this', 'other', 'this / other'],
    rates.map((rate) => {
      const tailOf = (name: string) => median(tails.get(`${name} ${rate}`) ?? []);
      const [ours, theirs] = [tailOf('this'), tailOf('other')];
      return [`${figure(rate)} links/s`, ours, theirs, ours / theirs];
    }),
  );
} else {
  for (const [name, withInstallation] of Object.entries(installations)) await measure(name, withInstallation);
  report();
}
connections.destroy();

function report(): void {
  const headings = ['processes', 'builds of 3 links', 'builds', 'no pass', '201 p50 ms', '201 p99'];
  const times = ['201 to pass p50', 'p99', 'due to pass p50', 'p99', 'CPU ms a link'];
  table([...headings, ...times], rows);
  console.log('\ntarget at 200 links/s: from the last link to its verdict p50 < 100 ms, p99 < 1,000 ms');
  console.log(
    '"due" counts from when the last link was to be sent, also when the client or the service was late',
  );
}

/** The builds of each rate, on an installation of its own. */
async function measure(name: string, withInstallation: WithInstallation): Promise<Map<number, Build[]>> {
  const played = new Map<number, Build[]>();
  await withScratch(async (scratch) => {
    const postgres = await launchPostgres({ dataDir: join(scratch, 'postgres') });
    const listener = new Client({ connectionString: postgres.url });
    try {
      await withInstallation(postgres.url, async (installation) => {
        await listener.connect();
        await listener.query(`listen ${channels.verdict}`);
        await play(installation, listener, 'warm-up', 50, 5);
        for (const rate of rates) {
          const before = await installation.cpuSeconds();
          const builds = await play(installation, listener, `${rate} a second`, rate, SECONDS);
          const cpu = (await installation.cpuSeconds()) - before;
          rows.push([name, ...rowOf(rate, builds), (1_000 * cpu) / (builds.length * LINKS_A_BUILD)]);
          played.set(rate, builds);
        }
      });
    } finally {
      await listener.end();
      await postgres.stop();
    }
  });
  return played;
}

/** A refusal would make the figures worthless. */
async function play(
  installation: Installation,
  listener: Client,
  story: string,
  rate: number,
  seconds: number,
): Promise<Build[]> {
  const builds = await playPipelines({ ...installation, listener }, story, rate, seconds);
  const refused = builds.find((build) => build.refused !== undefined);
  if (refused) throw new Error(`a link was answered with ${refused.refused}`);
  return builds;
}

function dueToPass({ passed, due }: Build): number[] {
  return passed > 0 ? [passed - due] : [];
}

function rowOf(rate: number, builds: readonly Build[]): (string | number)[] {
  const passed = builds.filter((build) => build.passed > 0);
  const times = (samples: readonly number[]) => [percentile(samples, 0.5), percentile(samples, 0.99)];
  return [
    `${figure(rate)} links/s for ${SECONDS} s`,
    builds.length,
    builds.length - passed.length,
    ...times(passed.map(({ acknowledged, due }) => acknowledged - due)),
    // A verdict may be there before its link's answer has reached the client.
    ...times(passed.map(({ passed, acknowledged }) => Math.max(0, passed - acknowledged))),
    ...times(passed.flatMap(dueToPass)),
  ];
}
