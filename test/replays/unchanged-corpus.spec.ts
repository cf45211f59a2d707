import { afterAll, beforeAll, expect, it } from 'vitest';
import { corpus } from '../attacks/corpus.js';
import { play } from '../attacks/play.js';
import { storeManyOf } from '../attacks/store-many.js';
import type { Target } from '../attacks/world.js';
import { type Service, startService } from '../support/service.js';
import { untilReplay } from './replay-world.js';

/** Decoys of a flood; the floods themselves are played elsewhere at full height. */
const FLOOD = 50;
const AT_A_TIME = 4;

/** Their verdicts end within seconds, and time is an input like any other. Those of starvation are about nobody's evidence. */
const TIME_CHANGES = ['a scan that grows too old after it passed', 'a verdict after the end of its layout'];

let service: Service;

beforeAll(async () => {
  service = await startService({ CUSTODY_LOG_LEVEL: 'error' });
});

afterAll(() => service.stop());

it('a replay of every attack and every honest pipeline flips nothing and stores nothing', async () => {
  const { operator, query, app } = service;
  const target: Target = { operator, query, storeMany: storeManyOf(app), flood: FLOOD };
  const stories = Object.values(corpus)
    .flat()
    .filter(({ name, starves }) => !TIME_CHANGES.includes(name) && !starves);
  const next = stories.values();
  const player = async (): Promise<void> => {
    for (const story of next) await play(story, target);
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, player));
  await expect
    .poll(async () => (await query('select from verification_mark')).length, { timeout: 60_000 })
    .toBe(0);

  // Some attacks end with a change of keys that no verdict has seen yet.
  const order = { filter: { all: true }, reason: 'nothing has changed' };
  const first = (await operator.post('/replays', { ...order, dryRun: false })).body;
  await untilReplay(operator, String(first.id), 'applied');

  const verdicts = async () => (await query('select from verdict')).length;
  const before = await verdicts();
  const { id } = (await operator.post('/replays', order)).body;
  const { body } = await untilReplay(operator, String(id), 'ready');
  expect(Number(body.total)).toBeGreaterThan(stories.length / 2);
  const changed = await query(
    `select chain.name, encode(subject, 'hex') as subject, cause, outcome_before, outcome_after
       from replay_item join chain on chain.id = chain_id where replay_id = $1 and result <> 'unchanged'`,
    [id],
  );
  expect(changed).toEqual([]);
  expect(body).toMatchObject({ done: body.total, changed: 0, flips: 0, superseded: 0, errors: 0 });
  expect(await verdicts()).toBe(before);
}, 300_000);
