import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { MetadataReader } from '#storage/metadata-reader.js';
import { EvidenceReader } from '#verification/evidence-reader.js';
import { judge } from '#verification/judge.js';
import { type Client, expectStatus } from '../support/client.js';
import { createKey, link, signDsse } from '../support/supply-chain.js';
import { closedLoop, httpLoad, httpRequest } from './load/http-load.js';
import { type Installation, withInstallation } from './replay/installation.js';
import { buildsOfOneBuilder, bytesOf, CHAIN, othersVerdicts, type Population } from './replay/populate.js';
import { median, percent, printEnvironment, table, timed } from './report.js';
import { withScratch } from './service.js';

const { values: options } = parseArgs({
  options: {
    verdicts: { type: 'string', default: '200000' },
    keys: { type: 'string', default: '1000' },
    affected: { type: 'string', default: '800' },
    rounds: { type: 'string', default: '3' },
    uploads: { type: 'string', default: '600' },
  },
});
const [VERDICTS, KEYS, AFFECTED] = [Number(options.verdicts), Number(options.keys), Number(options.affected)];
const AT_A_TIME = 4;
const UPLOADERS = 10;

/** One key among many is rotated: its verdicts are found again, nobody else's, while links keep coming in. */
await withScratch((scratch) =>
  withInstallation(scratch, async (installation) => {
    printEnvironment();
    const population = await buildsOfOneBuilder(installation, AFFECTED);
    await othersVerdicts(installation, population.chainId, { verdicts: VERDICTS - AFFECTED, keys: KEYS - 1 });
    const key = await retire(installation, population);
    console.log(
      `${VERDICTS} verdicts, ${KEYS} keys; one is retired, by which ${AFFECTED} builds were signed. ` +
        `Worker and ingest API are processes of their own.\n`,
    );
    const rotation = await rotate(installation, population, key);
    table(['one key rotated', 'measured', 'target'], rotation);
    console.log();
    table(['rates', 'a second', 'share', 'target'], await sideBySide(installation, population, key));
    await planEverything(installation);
  }),
);

/** From yesterday on, as if nobody had noticed; the links came in today. */
async function retire({ operator, source }: Installation, { builder, chainId }: Population): Promise<string> {
  const [row] = await source.query<{ fingerprint: string }[]>(
    `select encode(fingerprint, 'hex') as fingerprint from trust_key where chain_id = $1 and $2 = any(keyids)`,
    [chainId, builder.keyid],
  );
  const key = row?.fingerprint ?? '';
  const effective = new Date(Date.now() - 86_400_000).toISOString();
  const path = `/keys/${key}/retire?chain=${CHAIN}`;
  const reply = await operator.post(path, { effective, reason: 'rotated' });
  if (reply.status >= 300) throw new Error(`${reply.status} ${reply.bytes}`);
  return key;
}

async function rotate(installation: Installation, population: Population, key: string) {
  const { operator, source } = installation;
  const id = await order(operator, { key });
  const ready = await until(operator, id, 'ready');
  const [times] = await source.query<{ planning: number; verifying: number; others: number }[]>(
    `select extract(epoch from part.planned_at - replay.created_at)::float8 as planning,
            extract(epoch from replay.ended_at - part.planned_at)::float8 as verifying,
            (select count(*)::integer from verdict
              where replay_id = replay.id and not (subject = any($2))) as others
       from replay join replay_chain part on part.replay_id = replay.id where replay.id = $1`,
    [id, population.builds.map(({ digest }) => bytesOf(digest))],
  );
  const second = operator.as(await operator.createToken(['operate']));
  expectStatus(await second.post(`/replays/${id}/approve`, { reason: 'bench' }), 200);
  const applying = await timed(async () => {
    const { planDigest } = ready;
    expectStatus(await operator.post(`/replays/${id}/apply`, { planDigest, reason: 'bench' }), 202);
    await until(operator, id, 'applied');
  });
  return [
    ['verdicts planned', Number(ready.total), String(AFFECTED)],
    ['of them changed, and flipped', `${ready.changed}, ${ready.flips}`, `${AFFECTED}, ${AFFECTED}`],
    ['other verdicts found again', times?.others ?? Number.NaN, '0'],
    ['planning, s', times?.planning ?? Number.NaN, '< 5'],
    ['verifying, s', times?.verifying ?? Number.NaN, ''],
    ['apply to switched, s', applying / 1_000, ''],
  ];
}

/** What it is compared with is measured before and after each: what else the machine does meets all of them alike. */
async function sideBySide(installation: Installation, population: Population, key: string) {
  const { operator } = installation;
  const pure: number[] = [];
  const replays: number[] = [];
  const alone: number[] = [];
  const during: number[] = [];
  const meanwhile: number[] = [];
  for (let round = 0; round <= Number(options.rounds); round += 1) {
    const purely = [await pureRate(installation, population)];
    const replay = await replayRate(installation, await order(operator, { key }));
    purely.push(await pureRate(installation, population));
    const uploads = [await upload(installation, `before ${round}`)];
    const id = await order(operator, { key });
    const loaded = await upload(installation, `during ${round}`);
    const isOver = (await progress(operator, id)).state === 'ready';
    const both = await replayRate(installation, id);
    uploads.push(await upload(installation, `after ${round}`));
    // The first round is for the compiler.
    if (round === 0) continue;
    if (isOver) console.log('a replay ended before the uploads beside it: let them be fewer');
    pure.push(mean(purely));
    replays.push(replay);
    alone.push(mean(uploads));
    during.push(loaded);
    meanwhile.push(both);
  }
  const share = (parts: readonly number[], wholes: readonly number[]): string =>
    percent(median(parts.map((part, round) => part / (wholes[round] ?? Number.NaN))), 1);
  return [
    ['gather and judge, nothing else', median(pure), '', ''],
    ['replay', median(replays), share(replays, pure), '80 %'],
    [`POST /links, ${UPLOADERS} at a time`, median(alone), '', ''],
    ['the same during a replay', median(during), share(during, alone), '70 %'],
    ['the replay meanwhile', median(meanwhile), share(meanwhile, pure), ''],
  ];
}

async function pureRate({ api, source }: Installation, { chainId, builds }: Population): Promise<number> {
  const evidence = new EvidenceReader(source, api.get(MetadataReader));
  const { perSecond } = await closedLoop(AT_A_TIME, builds.length, async (at) => {
    const now = new Date();
    const gathered = await evidence.gather(chainId, bytesOf(builds[at]?.digest ?? ''), now);
    return gathered && judge(gathered.inputs, now);
  });
  return perSecond;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** What planning costs when every verdict is meant. */
async function planEverything({ operator, source }: Installation): Promise<void> {
  const id = await order(operator, { chain: CHAIN }, { rate: 1 });
  await until(operator, id, 'planned');
  await operator.post(`/replays/${id}/cancel`, { reason: 'bench' });
  const [row] = await source.query<{ seconds: number; total: number }[]>(
    `select extract(epoch from part.planned_at - replay.created_at)::float8 as seconds, part.total
       from replay join replay_chain part on part.replay_id = replay.id where replay.id = $1`,
    [id],
  );
  console.log(`\nplanning all ${row?.total} verdicts: ${row?.seconds.toFixed(2)} s (target < 5)`);
}

async function replayRate({ operator, source }: Installation, id: string): Promise<number> {
  await until(operator, id, 'ready');
  const [row] = await source.query<{ rate: number }[]>(
    `select (part.total / extract(epoch from replay.ended_at - part.planned_at))::float8 as rate
       from replay join replay_chain part on part.replay_id = replay.id where replay.id = $1`,
    [id],
  );
  return row?.rate ?? Number.NaN;
}

async function upload({ operator, api }: Installation, name: string): Promise<number> {
  const headers = { authorization: `Bearer ${operator.token}`, 'content-type': 'application/json' };
  const builder = createKey('ed25519', { seed: 'bench builder' });
  const requests = Array.from({ length: Number(options.uploads) }, (_, at) => {
    const products = { [`part-${at}.ts`]: `${name} ${at}` };
    const bytes = signDsse(
      link('build', { products, byproducts: { stdout: 'compiled\n'.repeat(300) } }),
      builder,
    );
    return httpRequest('POST', `/links?chain=${CHAIN}&run=${encodeURIComponent(name)}-${at}`, headers, bytes);
  });
  const port = Number(new URL(await api.getUrl()).port);
  const load = await httpLoad({ port, connections: UPLOADERS, total: requests.length, requests }, 201);
  return load.perSecond;
}

async function order(operator: Client, filter: object, more: object = {}): Promise<string> {
  const request = { filter: { chain: CHAIN, ...filter }, reason: 'bench', ...more };
  return String(expectStatus(await operator.post('/replays', request), 201).body.id);
}

async function progress(operator: Client, id: string): Promise<Record<string, unknown>> {
  return expectStatus(await operator.get(`/replays/${id}`), 200).body;
}

async function until(operator: Client, id: string, state: string): Promise<Record<string, unknown>> {
  for (;;) {
    const replay = await progress(operator, id);
    if (replay.state === state) return replay;
    if (replay.state === 'failed') throw new Error(JSON.stringify(replay));
    await sleep(50);
  }
}
