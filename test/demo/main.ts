import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { loadConfig } from '#platform/config.js';
import { createLogger } from '#platform/logger.js';
import { startAllInOne } from '../../apps/all-in-one/start.js';
import { Calls, note, type Reply, say } from './calls.js';
import { makeKeys, signLayout, Workspace } from './pipeline.js';

const CHAIN = 'acme/web';
const DAY_MS = 86_400_000;

const { values: options } = parseArgs({
  options: {
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

if (options.help) {
  process.stdout.write(
    'npm run demo [-- --keep]\n\nPlays a signed pipeline into a fresh service and shows how it becomes a verdict.\n' +
      '  --keep   leave the service and the files in place until Ctrl-C, to try the calls shown\n',
  );
} else {
  process.exitCode = await demo();
}

async function demo(): Promise<number> {
  const started = performance.now();
  const scratch = await mkdtemp(join(tmpdir(), 'custody-demo-'));
  // The demo is the same everywhere: nothing of the environment leads it to a real installation.
  const config = loadConfig({
    CUSTODY_DATA_DIR: join(scratch, 'data'),
    CUSTODY_PORT: '0',
    CUSTODY_LOG_LEVEL: 'warn',
  });
  say('Starting the service: embedded PostgreSQL, local files, BullMQ on PostgreSQL');
  const service = await startAllInOne(config, createLogger(config, 'custody'));
  note(`It answers at ${service.url}, ${seconds(started)} after the start.`);
  const interrupted = new Promise<never>((_, reject) => {
    process.once('SIGINT', () => reject(new Error('interrupted')));
  });
  interrupted.catch(() => undefined);
  try {
    const token = service.firstToken ?? '';
    await Promise.race([play(new Calls(service.url, token), scratch), interrupted]);
    say(`Every verdict was the expected one, ${seconds(started)} after the start.`);
    if (options.keep) {
      say('The service stays until Ctrl-C. To try the calls:');
      note(`cd ${scratch}; export CUSTODY=${service.url} TOKEN=${token}`);
      await interrupted.catch(() => undefined);
    }
    return 0;
  } catch (error) {
    process.stderr.write(`\nThe demo did not go as expected: ${(error as Error).message}\n`);
    return 1;
  } finally {
    await service.app.close();
    await service.stopDatabase();
    await rm(scratch, { recursive: true, force: true });
  }
}

async function play(calls: Calls, scratch: string): Promise<void> {
  const cast = makeKeys();

  say('1. The owner creates a supply chain and signs its layout: checkout, build, scan');
  expect(
    await calls.postJson('/chains', { name: CHAIN, ownerKeys: [cast.owner.publicKey], ownerThreshold: 1 }),
    201,
  );
  const layoutFile = join(scratch, 'root.layout');
  await writeFile(layoutFile, signLayout(cast, new Date(Date.now() + 30 * DAY_MS)));
  expect(await calls.postFile(`/layouts?chain=${CHAIN}`, layoutFile), 201);

  say('2. CI checks out and builds, and posts a signed link after each step');
  const honest = await workspace(scratch, 'build-1', cast);
  const checkout = await honest.checkout('1.0');
  const build = await honest.build();
  expect(await calls.get(`/verdicts/${build.digest}`), 404);
  note('Nobody has spoken of this image yet.');
  expect(await calls.postFile(`/links?chain=${CHAIN}&run=build-1`, checkout), 201);
  expect(await calls.postFile(`/links?chain=${CHAIN}&run=build-1`, build.file), 201);

  say('3. May the image be deployed?');
  const pending = await settle(calls, build.digest, (reply) => missingSteps(reply) !== '');
  expect(pending, 202, 'pending');
  note(`Missing: ${missingSteps(pending)}.`);

  say('4. The scanner scans it and posts its link');
  expect(await calls.postFile(`/links?chain=${CHAIN}&run=build-1`, await honest.scan()), 201);
  const pass = await settle(calls, build.digest, (reply) => reply.status === 200);
  expect(pass, 200, 'pass');

  say('5. A second build, in which somebody changes a source file between checkout and build');
  const tampered = await workspace(scratch, 'build-2', cast);
  const secondCheckout = await tampered.checkout('2.0');
  await tampered.tamper('src/app.py', 'print("hello from somebody else")\n');
  const secondBuild = await tampered.build();
  const secondScan = await tampered.scan();
  for (const file of [secondCheckout, secondBuild.file, secondScan]) {
    expect(await calls.postFile(`/links?chain=${CHAIN}&run=build-2`, file), 201);
  }
  const fail = await settle(calls, secondBuild.digest, (reply) => reply.status === 200);
  expect(fail, 200, 'fail');
  explain(fail);
}

async function workspace(
  scratch: string,
  run: string,
  cast: ReturnType<typeof makeKeys>,
): Promise<Workspace> {
  const directory = join(scratch, run);
  await mkdir(directory);
  return new Workspace(directory, cast);
}

/** Asks until the answer is there, as a deploy tool would. */
async function settle(calls: Calls, digest: string, settled: (reply: Reply) => boolean): Promise<Reply> {
  for (let attempt = 0; ; attempt += 1) {
    const reply = await calls.get(`/verdicts/${digest}`);
    if (settled(reply) || attempt === 50) {
      return reply;
    }
    await sleep(200);
  }
}

function expect({ status, body }: Reply, wanted: number, verdict?: string): void {
  if (status !== wanted || (verdict !== undefined && body.verdict !== verdict)) {
    throw new Error(`expected ${wanted} ${verdict ?? ''}, got ${status} ${JSON.stringify(body, null, 2)}`);
  }
}

function missingSteps({ body }: Reply): string {
  return ((body.missing ?? []) as { step: string }[]).map(({ step }) => step).join(', ');
}

/** What a person needs to find the culprit: step, rule, artifact, and what differs. */
function explain({ body }: Reply): void {
  const [finding] = body.findings as {
    step: string;
    rule: { text: string };
    paths: string[];
    message: string;
    nearestMiss?: string;
  }[];
  if (finding?.step !== 'build' || !finding.rule || !finding.paths?.includes('src/app.py')) {
    throw new Error(`the finding does not name step, rule and artifact: ${JSON.stringify(finding)}`);
  }
  note(`Step ${finding.step}, rule ${finding.rule.text}, artifact ${finding.paths.join(', ')}:`);
  note(finding.message);
  if (finding.nearestMiss) {
    note(finding.nearestMiss);
  }
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1_000).toFixed(1)} s`;
}
