import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type Notification } from 'pg';
import { channels } from '#persistence/channels.js';
import { launchPostgres } from '#platform/postgres/launch.js';
import { type SignedBuild, signedBuild } from './evidence/builds.js';
import { benchOptions } from './options.js';
import { figure, percentile, printEnvironment, table } from './report.js';
import { type ReadyService, withScratch } from './service.js';
import { type Installation, installations } from './steady/installation.js';

const options = benchOptions('from a link to its verdict while links keep coming at a steady rate', {
  rates: ['20,200', 'links a second, one after the other; the first is the floor of the others'],
  seconds: ['60', 'of each rate'],
});
const SECONDS = Number(options.seconds);
const LINKS_A_BUILD = 3;

interface Build extends SignedBuild {
  readonly run: string;
  /** When the request with the last link was to begin. */
  due: number;
  /** When it was answered with 201. */
  acknowledged: number;
  passed: number;
}

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

printEnvironment();
const rates = options.rates.split(',').map(Number);
const rows: (string | number)[][] = [];
for (const [name, withInstallation] of Object.entries(installations)) {
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
        }
      });
    } finally {
      await listener.end();
      await postgres.stop();
    }
  });
}
agent.destroy();
table(
  [
    'processes',
    'builds of 3 links',
    'builds',
    'no pass',
    '201 p50 ms',
    '201 p99',
    '201 to pass p50',
    'p99',
    'due to pass p50',
    'p99',
    'CPU ms a link',
  ],
  rows,
);
console.log('\ntarget at 200 links/s: from the last link to its verdict p50 < 100 ms, p99 < 1,000 ms');
console.log(
  '"due" counts from when the last link was to be sent, also when the client or the service was late',
);

/** Posts links at the rate whatever the answers do, and asks for each verdict when the database says that there is one. */
async function play(
  { service, queryUrl }: Installation,
  listener: Client,
  story: string,
  rate: number,
  seconds: number,
): Promise<Build[]> {
  const builds = Array.from({ length: Math.ceil((rate * seconds) / LINKS_A_BUILD) }, (_, at): Build => {
    const name = `${story}, ${at}`;
    return { ...signedBuild(service.cast, name), run: name, due: 0, acknowledged: 0, passed: 0 };
  });
  const byDigest = new Map(builds.map((build) => [build.digest.slice('sha256:'.length), build]));
  const told = ({ payload }: Notification): void => {
    const build = byDigest.get(payload?.split(' ')[1] ?? '');
    if (build && build.due > 0) void ask(service, queryUrl, build);
  };
  listener.on('notification', told);
  const start = performance.now();
  const posts: Promise<void>[] = [];
  // The links of a build are a second apart, as steps of a pipeline are, and those of other builds come between.
  const apart = Math.ceil(rate / LINKS_A_BUILD);
  const slots = (builds.length + apart * (LINKS_A_BUILD - 1)) * LINKS_A_BUILD;
  for (let slot = 0; slot < slots; slot += 1) {
    const step = slot % LINKS_A_BUILD;
    const build = builds[Math.floor(slot / LINKS_A_BUILD) - step * apart];
    const due = start + (slot * 1_000) / rate;
    const wait = due - performance.now();
    if (wait > 0) await sleep(wait);
    if (build) posts.push(post(service, build, step, due));
  }
  await Promise.all(posts);
  const end = performance.now() + 30_000;
  while (builds.some(({ passed }) => passed === 0) && performance.now() < end) {
    await sleep(500);
    for (const build of builds.filter(({ passed }) => passed === 0)) await ask(service, queryUrl, build);
  }
  listener.off('notification', told);
  return builds;
}

async function post(service: ReadyService, build: Build, step: number, due: number): Promise<void> {
  const isLast = step === LINKS_A_BUILD - 1;
  if (isLast) build.due = due;
  const subject = step === 0 ? `&subject=${build.digest}` : '';
  const { status } = await call(
    service,
    'POST',
    `/links?run=${encodeURIComponent(build.run)}${subject}`,
    build.links[step],
  );
  if (status !== 201) throw new Error(`a link was answered with ${status}`);
  if (isLast) build.acknowledged = performance.now();
}

async function ask({ authorization }: ReadyService, url: string, build: Build): Promise<void> {
  const { body } = await call({ url, authorization }, 'GET', `/verdicts/${build.digest}`);
  if (body.includes('"verdict":"pass"')) build.passed ||= performance.now();
}

function call(
  { url, authorization }: Pick<ReadyService, 'url' | 'authorization'>,
  method: string,
  path: string,
  body?: Buffer,
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const headers = { authorization, ...(body ? { 'content-type': 'application/json' } : {}) };
    request(`${url}${path}`, { method, agent, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
      response.on('error', reject);
    })
      .on('error', reject)
      .end(body);
  });
}

function rowOf(rate: number, builds: readonly Build[]): (string | number)[] {
  const passed = builds.filter((build) => build.passed > 0);
  const times = (of: (build: Build) => number) => {
    const samples = passed.map(of);
    return [percentile(samples, 0.5), percentile(samples, 0.99)];
  };
  return [
    `${figure(rate)} links/s for ${SECONDS} s`,
    builds.length,
    builds.length - passed.length,
    ...times(({ acknowledged, due }) => acknowledged - due),
    // A verdict may be there before its link's answer has reached the client.
    ...times(({ passed, acknowledged }) => Math.max(0, passed - acknowledged)),
    ...times(({ passed, due }) => passed - due),
  ];
}
