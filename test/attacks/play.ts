import { performance } from 'node:perf_hooks';
import { sha256Hex } from '../support/supply-chain.js';
import type { Result, Scenario } from './scenario.js';
import { endingOf, type Target, World } from './world.js';

/** Plays one scenario in a chain of its own. */
export async function play(scenario: Scenario, target: Target): Promise<{ result: Result; world: World }> {
  const world = new World(target, `attacks/${slug(scenario.name)}`);
  const end = await scenario.story(world).catch((error: Error) => {
    throw new Error(`"${scenario.name}": ${error.message}`, { cause: error });
  });
  const start = performance.now();
  const { ending, codes } = typeof end === 'string' ? await world.settle(end) : endingOf(end);
  return { result: { scenario, got: ending, codes, decided: performance.now() - start }, world };
}

/** Names that differ in a character only are names of different chains. */
function slug(name: string): string {
  const words = name.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return `${words.join('-').slice(0, 40)}-${sha256Hex(name).slice(0, 8)}`.replace('--', '-');
}
