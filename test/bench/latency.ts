import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Workspace } from '../demo/pipeline.js';
import { benchOptions } from './options.js';
import { figure, median, percentile, printEnvironment, table, timed } from './report.js';
import { type BenchService, CHAIN, withScratch, withService } from './service.js';

const options = benchOptions("first and second start; from a run's last link to its verdict", {
  builds: ['31', 'the first of which is for the compiler'],
  starts: ['5', 'of each kind'],
});

printEnvironment();
const first: number[] = [];
const second: number[] = [];
const empty: number[] = [];
const asked: number[] = [];
for (let start = 0; start < Number(options.starts); start += 1) {
  empty.push(await timed(() => once(spawn(process.execPath, ['-e', '']), 'exit')));
  await withScratch(async (scratch) => {
    first.push(await startAndStop(join(scratch, 'data')));
    second.push(await startAndStop(join(scratch, 'data')));
  });
}
const verdicts = await withService((service) => verdictLatencies(service, Number(options.builds)));

const row = (name: string, samples: number[], floor: number[], target = '-') => [
  name,
  samples.length,
  ...[0, 0.5, 0.95, 1].map((share) => percentile(samples, share)),
  `${figure(median(samples) / median(floor))} x`,
  target,
];
table(
  ['ms', 'runs', 'min', 'p50', 'p95', 'max', 'p50 / floor', 'target p50'],
  [
    row('floor: GET of that verdict', asked, asked),
    row("last link's 201 to verdict", verdicts, asked, '< 100'),
    row('floor: a process that does nothing', empty, empty),
    row('first start, empty data folder', first, empty),
    row('second start', second, empty, '< 3000'),
  ],
);

/** From the start of the process to "ready", which it says when it accepts connections. */
async function startAndStop(dataDir: string): Promise<number> {
  const main = fileURLToPath(new URL('../../apps/all-in-one/main.js', import.meta.url));
  const env = { PATH: process.env.PATH, CUSTODY_DATA_DIR: dataDir, CUSTODY_PORT: '0' };
  const start = performance.now();
  const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'ignore'] });
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.includes('custody is ready')) break;
  }
  const taken = performance.now() - start;
  if (child.exitCode !== null) throw new Error(`the service ended with ${child.exitCode}`);
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
  return taken;
}

async function verdictLatencies(service: BenchService, builds: number): Promise<number[]> {
  const latencies: number[] = [];
  for (let build = 0; build < builds; build += 1) {
    latencies.push(await verdictLatency(service, `build-${build}`));
  }
  // The first build finds everything cold; the service is idle, not new.
  return latencies.slice(1);
}

/** CI posts the links of a build; how long after the last one's answer does a deploy tool get the pass? */
async function verdictLatency(service: BenchService, run: string): Promise<number> {
  const directory = join(service.scratch, run);
  await mkdir(directory);
  const workspace = new Workspace(directory, service.cast);
  const checkout = await workspace.checkout(run);
  const { file: build, digest } = await workspace.build();
  const scan = await workspace.scan();
  await post(service, `run=${run}&subject=${digest}`, checkout);
  await post(service, `run=${run}`, build);
  await sleep(300);
  await post(service, `run=${run}`, scan);
  const taken = await timed(async () => {
    while ((await service.get(`/verdicts/${digest}`)).verdict !== 'pass') await sleep(2);
  });
  asked.push(await timed(() => service.get(`/verdicts/${digest}`)));
  return taken;
}

async function post(service: BenchService, query: string, file: string): Promise<void> {
  await service.post(`/links?chain=${CHAIN}&${query}`, await readFile(file));
}
