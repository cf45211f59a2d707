import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command, InvalidArgumentError } from 'commander';
import { owner, signedPolicy } from '../attacks/pipeline.js';
import { Client, expectStatus } from '../support/client.js';
import { Ci, Ledger } from './ci.js';
import { killsOf, scheduleOf, wreak } from './havoc.js';
import { type Installation, install } from './members.js';
import { CHAINS, pipelineOf } from './pipelines.js';
import { reckon } from './reckoning.js';

const { minutes, seed, rate } = new Command('chaos')
  .description(
    'Kills, stops and starts the members of a distributed installation while CI posts pipelines to it, and checks at the\n' +
      'end that no acknowledged link is lost and that every verdict is there and right. Needs redis-server on PATH and the\n' +
      'S3 server of .ci/install-s3. The same seed plays the same acts and the same pipelines; how they meet in time differs.',
  )
  .option('--minutes <minutes>', 'how long', positive, 5)
  .option('--seed <seed>', 'a whole number', positive, Date.now() % 1_000_000)
  .option('--rate <rate>', 'pipelines begun a second', positive, 10)
  .parse()
  .opts<{ minutes: number; seed: number; rate: number }>();

/** Pipelines under way at a time; CI systems that wait for the service begin no others. */
const AT_ONCE = 60;
const PROGRESS_MS = 5_000;

// An exit, unlike the default end by a signal, also ends the database.
process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));

const scratch = await mkdtemp(join(tmpdir(), 'custody-chaos-'));
const installation = await install(scratch);
try {
  process.exitCode = await play(installation);
} finally {
  await installation.stop();
}
if (process.exitCode === 0) await rm(scratch, { recursive: true, force: true, maxRetries: 10 });
else console.log(`The logs of the processes are in ${scratch}`);

async function play(installation: Installation): Promise<number> {
  const acts = scheduleOf(seed, minutes * 60_000);
  console.log(`seed ${seed}: ${acts.length} acts in ${minutes} minutes, ${killsOf(acts)} of them kills`);
  const start = performance.now();
  const say = (what: string): void =>
    console.log(`${((performance.now() - start) / 1_000).toFixed(1).padStart(6)} s  ${what}`);
  const operator = new Client(installation.urls['ingest-api'], installation.token);
  for (const chain of CHAINS) {
    expectStatus(await operator.createChain(chain, owner), 201);
    expectStatus(await operator.postLayout(chain, signedPolicy()), 201);
  }

  const ledger = new Ledger((what) => say(`SURPRISE: ${what}`));
  const load = beginPipelines(installation, ledger);
  const progress = setInterval(() => say(load.progress()), PROGRESS_MS);
  try {
    await wreak(acts, installation, ({ member, deed, lasts }) =>
      say(`${member}: ${deed}, ${(lasts / 1_000).toFixed(1)} s`),
    );
    say('every member is well again; waiting for the pipelines under way');
    await load.finish();
    say(load.progress());
  } finally {
    clearInterval(progress);
  }

  const { lost, undecided, wrong, decidedAfter } = await reckon(installation, ledger);
  say(`checked; the last verdict came ${(decidedAfter / 1_000).toFixed(1)} s after the last link`);
  for (const [title, found] of Object.entries({ lost, undecided, wrong })) {
    for (const one of found.slice(0, 20)) console.log(`  ${title}: ${one}`);
  }
  console.log(
    `acknowledged ${ledger.acknowledged.size}, lost ${lost.length}, undecided ${undecided.length}, ` +
      `wrong ${wrong.length}, kills ${killsOf(acts)}`,
  );
  return lost.length + undecided.length + wrong.length === 0 ? 0 : 1;
}

/** Pipelines begin at a steady rate until `finish`, which waits for those under way. */
function beginPipelines({ urls, token }: Installation, ledger: Ledger) {
  const ci = new Ci({ ingest: urls['ingest-api'], query: urls['query-api'] }, token, ledger);
  const underWay = new Set<Promise<void>>();
  let begun = 0;
  let over = false;
  const beginning = (async () => {
    while (!over) {
      if (underWay.size < AT_ONCE) {
        const played = ci.play(pipelineOf(seed, begun++)).finally(() => underWay.delete(played));
        underWay.add(played);
      }
      await sleep(1_000 / rate);
    }
  })();
  return {
    progress: () =>
      `acknowledged ${ledger.acknowledged.size}; pipelines ${begun}, under way ${underWay.size}, ` +
      `given up ${ledger.abandoned.length}; refused ${ledger.refused}, unanswered ${ledger.unanswered}, ` +
      `surprises ${ledger.surprises.length}`,
    finish: async () => {
      over = true;
      await beginning;
      await Promise.all(underWay);
    },
  };
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('Give a number above zero.');
  return value;
}
