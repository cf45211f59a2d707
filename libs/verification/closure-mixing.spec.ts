import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestOf, EvidenceWorld, NOW, person, sourceOf } from '../../test/support/evidence-world.js';
import { layout } from '../../test/support/supply-chain.js';
import { searchClosure } from './closure-search.js';
import type { LinkOfRun } from './evidence.js';
import { judge } from './judge.js';

const key = person('alice');

/** For each step after the first, the earlier step whose product it takes. */
const pipeline = fc
  .tuple(fc.nat({ max: 0 }), fc.nat({ max: 1 }), fc.nat({ max: 2 }))
  .chain((sources) => fc.integer({ min: 1, max: 3 }).map((count) => sources.slice(0, count)));

interface Story {
  readonly sources: readonly number[];
  /** Which links are posted, in this order: the build and the number of the step. */
  readonly posted: readonly (readonly ['ours' | 'theirs', number])[];
}

const story: fc.Arbitrary<Story> = pipeline.chain((sources) => {
  const steps = [0, ...sources.map((_, position) => position + 1)];
  const all = steps.flatMap((step) => [['ours', step] as const, ['theirs', step] as const]);
  return fc.record({ sources: fc.constant(sources), posted: fc.shuffledSubarray(all) });
});

/** Two builds of one pipeline, interleaved. Every step also hands on a file that all builds have. */
function play({ sources, posted }: Story, shared: Readonly<Record<string, string>>) {
  const builder = layout().step('step0', { by: key, products: ['CREATE *', 'DISALLOW *'] });
  for (const [position, source] of sources.entries()) {
    const rule = `MATCH * WITH PRODUCTS FROM step${source}`;
    builder.step(`step${position + 1}`, { by: key, materials: [rule, 'DISALLOW *'] });
  }
  const world = new EvidenceWorld(builder);
  const made = { ours: new Map<number, LinkOfRun>(), theirs: new Map<number, LinkOfRun>() };
  const output = (build: string, step: number) => ({ ...shared, [`out${step}`]: `${build} ${step}` });
  for (const [build, step] of posted) {
    const source = sources[step - 1];
    const materials = source === undefined ? {} : output(build, source);
    made[build].set(step, world.post(`step${step}`, key, { materials, products: output(build, step) }));
  }
  return { world, ...made };
}

async function explain({ world, ours, theirs }: ReturnType<typeof play>, step: number) {
  const anchor = ours.get(step);
  if (!anchor) return undefined;
  const { build } = await searchClosure(world.policy, [anchor], sourceOf(world.received), []);
  const used = build.directories.map((files) => new Set([...files.values()].map(({ id }) => id)));
  const strangers = [...theirs.values()].filter(({ id }) => used.some((set) => set.has(id)));
  return { build, used, strangers };
}

describe('two interleaved builds of one pipeline', () => {
  it('never lend each other a link when they share nothing, and each finds all of its own', async () => {
    await fc.assert(
      fc.asyncProperty(story, async (told) => {
        const played = play(told, {});
        const last = told.sources.length;
        const explained = await explain(played, last);
        expect(explained?.strangers ?? []).toEqual([]);
        if (explained && played.ours.size === last + 1) {
          expect(explained.used).toEqual([new Set([...played.ours.values()].map(({ id }) => id))]);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('never pass with a link of the other, however many files they share', async () => {
    await fc.assert(
      fc.asyncProperty(story, async (told) => {
        const played = play(told, { LICENSE: 'MIT', 'README.md': 'shared' });
        const last = told.sources.length;
        const explained = await explain(played, last);
        if (!explained) return;
        const subject = digestOf(`ours ${last}`);
        const { outcome } = judge(played.world.inputs(subject, [explained.build]), NOW);
        expect(outcome === 'pass').toBe(played.ours.size === last + 1);
        if (outcome === 'pass') expect(explained.strangers).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  it('are told apart in whatever order their links were posted', async () => {
    const sources = [0, 1];
    const all = [0, 1, 2].flatMap((step) => [['ours', step] as const, ['theirs', step] as const]);
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(all, { minLength: all.length }), async (posted) => {
        const played = play({ sources, posted }, { LICENSE: 'MIT' });
        const explained = await explain(played, 2);
        expect(explained?.used).toEqual([new Set([...played.ours.values()].map(({ id }) => id))]);
        expect(explained?.build.limited).toBe(false);
      }),
      { numRuns: 40 },
    );
  });
});
