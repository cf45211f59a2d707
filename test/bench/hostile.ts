import { link, signMetablock } from '../support/supply-chain.js';
import { AGAINST, checkouts } from './checkouts.js';
import { besideHostile } from './hostile/hostile-process.js';
import { type Installation, withInstallation } from './hostile/installation.js';
import type { ActName, Order, Tally } from './hostile/order.js';
import { playTenant, type Tenancy } from './hostile/tenant.js';
import { type Vitals, watched } from './hostile/vitals.js';
import { benchOptions } from './options.js';
import { figure, median, percentile, printEnvironment, table } from './report.js';
import { connections as pipelineConnections } from './steady/pipelines.js';

interface Phase {
  readonly act: ActName;
  readonly token: 'other chain' | 'same chain';
  readonly connections: number;
}

const options = benchOptions('a tenant beside others who use up what they can', {
  phases: ['', 'those whose name has this in it'],
  seconds: ['30', 'of quiet, and of each phase'],
  rate: ['15', 'links a second of the tenant, three a build'],
  connections: ['5000', 'of strangers'],
  against: AGAINST,
});
const SECONDS = Number(options.seconds);
const RATE = Number(options.rate);

const phases: Readonly<Record<string, Phase>> = {
  strangers: { act: 'connections', token: 'other chain', connections: Number(options.connections) },
  'flood of another chain': { act: 'links', token: 'other chain', connections: 16 },
  'flood of its own chain': { act: 'links', token: 'same chain', connections: 16 },
  'heavy links of another chain': { act: 'heavy', token: 'other chain', connections: 4 },
  'batches that drip': { act: 'batches', token: 'same chain', connections: 64 },
};

const tenants: (string | number)[][] = [];
const services: (string | number)[][] = [];
const hostiles: (string | number)[][] = [];

printEnvironment();
const chosen = Object.entries(phases).filter(([name]) => name.includes(options.phases));
for (const [name, phase] of chosen) {
  for (const checkout of checkouts(options.against)) {
    const label = options.against ? `${name}, ${checkout.name}` : name;
    // Each on an installation of its own: what one phase leaves to do is not done in the next.
    await withInstallation(checkout.folder, (installation) => play(label, phase, installation));
  }
}
pipelineConnections.destroy();
report();

async function play(name: string, phase: Phase, installation: Installation): Promise<void> {
  const { service, database } = installation;
  const order = orderOf(phase, installation);
  const tenant = (story: string, seconds = SECONDS) =>
    watched(service.url, database, () => playTenant(installation, story, RATE, seconds));
  await tenant('warm-up', 5);
  const quiet = await tenant('quiet');
  const { result: beside, tally } = await besideHostile(order, () => tenant('beside'));
  addTenant('quiet', quiet.result);
  addTenant(name, beside.result, quiet.result);
  addService(`quiet before ${name}`, quiet.vitals);
  addService(name, beside.vitals);
  addHostile(name, tally);
}

function orderOf(
  { act, token, connections }: Phase,
  { service, hostile, hostileTokens }: Installation,
): Order {
  return {
    act,
    connections,
    port: Number(new URL(service.url).port),
    authorization: hostileTokens[token],
    keyid: (token === 'same chain' ? service.cast : hostile).scanner.keyid,
    links: act === 'heavy' ? [0, 1, 2].map((n) => heavyLink(n, hostile.scanner)) : [],
  };
}

/** Some 6.6 MiB, within every limit of an upload. */
function heavyLink(n: number, by: Parameters<typeof signMetablock>[1]): Buffer {
  const products = Object.fromEntries(
    Array.from({ length: 60_000 }, (_, at) => [`reports/${n}/${at}.json`, `${at}`]),
  );
  return signMetablock(link('scan', { products }), by);
}

function addTenant(name: string, tenancy: Tenancy, quiet = tenancy): void {
  const tail = (samples: readonly number[]): number => percentile(samples, 0.99);
  const ratio = (of: 'passes' | 'reads'): string => `${figure(tail(tenancy[of]) / tail(quiet[of]))} x`;
  const lost = Object.entries(tenancy.lost).map(([what, count]) => `${count} ${what}`);
  tenants.push([
    name,
    tenancy.builds,
    median(tenancy.passes),
    tail(tenancy.passes),
    ratio('passes'),
    tail(tenancy.reads),
    ratio('reads'),
    tail(tenancy.revocations),
    tail(tenancy.suspensions),
    lost.join(', ') || 'nothing',
  ]);
}

function addService(name: string, vitals: Vitals): void {
  const { statements, verifications, heapMib, residentMib, longestTurnMs, ended } = vitals;
  services.push([
    name,
    statements,
    verifications,
    heapMib,
    residentMib,
    longestTurnMs,
    ended ? 'ENDED' : 'no',
  ]);
}

function addHostile(name: string, { answers, bytes }: Tally): void {
  const all = Object.values(answers).reduce((sum, count) => sum + count, 0);
  const byAnswer = Object.entries(answers).map(([answer, count]) => `${answer}: ${figure(count)}`);
  hostiles.push([name, all, bytes / 1024 / 1024, byAnswer.join(', ') || '-']);
}

function report(): void {
  const reads = ['read p99', '/ quiet'];
  const trust = ['token revoked p99', 'key suspended p99'];
  table(
    ['the tenant, ms', 'builds', 'due to pass p50', 'p99', '/ quiet', ...reads, ...trust, 'lost'],
    tenants,
  );
  console.log('\ntargets: p99 at most 3 x quiet, revoked and suspended within 1,000 ms, nothing lost\n');
  const memory = ['heap MiB, most', 'resident MiB, most'];
  table(['the service', 'statements', 'verifications', ...memory, 'longest turn ms', 'ended'], services);
  console.log('\ntargets: heap bounded, never ended. A turn is what the loop waits, for a core too.\n');
  table(['the hostile side', 'answers', 'MiB sent', 'by status'], hostiles);
}
