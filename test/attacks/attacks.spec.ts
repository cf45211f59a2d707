import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Service, startService } from '../support/service.js';
import { corpus } from './corpus.js';
import { play } from './play.js';
import { isAttack } from './scenario.js';
import { storeManyOf } from './store-many.js';
import type { Target } from './world.js';

/** `npm run attacks -- --flood 100000` plays the floods at full height. */
const FLOOD = 1_000;

let service: Service;
let target: Target;

beforeAll(async () => {
  service = await startService({ CUSTODY_LOG_LEVEL: 'error' });
  const { operator, query, app } = service;
  target = { operator, query, storeMany: storeManyOf(app), flood: FLOOD };
});

afterAll(() => service.stop());

describe.each(Object.entries(corpus))('%s', (_, scenarios) => {
  // Who uses up what he can is to be felt by nobody but the tenant of his own story.
  const playing = scenarios.some(({ starves }) => starves) ? it : it.concurrent;
  playing.each(scenarios)('$name: $expect', { timeout: 180_000 }, async (scenario) => {
    const { result } = await play(scenario, target);
    expect({ ending: result.got, codes: result.codes }).toEqual({
      ending: scenario.expect,
      codes: scenario.finding ? expect.arrayContaining([scenario.finding]) : expect.anything(),
    });
  });
});

describe('the corpus', () => {
  const scenarios = Object.values(corpus).flat();

  it('has names that tell the scenarios apart', () => {
    const names = scenarios.map(({ name }) => name);
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  });

  it('has many attacks, and honest pipelines that must not suffer from the defence', () => {
    expect(scenarios.filter(isAttack).length).toBeGreaterThan(100);
    expect(scenarios.filter((scenario) => !isAttack(scenario)).length).toBeGreaterThan(15);
  });
});
