import { describe, expect, it } from 'vitest';
import { digestOf, EvidenceWorld, NOW, person } from '../../test/support/evidence-world.js';
import { layout } from '../../test/support/supply-chain.js';
import type { Anchor, Build, Directory } from './evidence.js';
import { judge } from './judge.js';
import { layOutRun } from './lay-out-run.js';

const [alice, bob] = [person('alice'), person('bob')];
const src = { 'src/a.c': 'a' };
const image = { 'image.tar': 'image' };
const subject = digestOf('image');

function newWorld(conflict: 'strict' | 'any' = 'strict'): EvidenceWorld {
  return new EvidenceWorld(
    layout()
      .step('tag', { by: alice, command: '' })
      .step('build', {
        by: bob,
        command: 'make',
        materials: ['MATCH src/* WITH PRODUCTS FROM tag', 'DISALLOW *'],
      }),
    { conflict, maxAge: {} },
  );
}

function directory(world: EvidenceWorld, materials = src, products: object = image): Directory {
  const links = [
    world.post('tag', alice, { command: 'git tag', products: src }),
    world.post('build', bob, { command: 'make', materials, products: { ...products } }),
  ];
  return layOutRun(world.policy, '1', links).directories[0] ?? new Map();
}

function loose(directories: readonly Directory[], more: Partial<Build> = {}): Build {
  const rest = {
    earlier: [],
    displaced: [],
    rejected: [],
    met: [],
    conflicts: [],
    untied: [],
    limited: false,
  };
  return { run: null, directories, ...rest, ...more };
}

function verdict(world: EvidenceWorld, build: Build, others: readonly Anchor[] = []) {
  const { outcome, body } = judge(world.inputs(subject, [build], others), NOW);
  return [outcome, ...body.findings.map(({ code, severity }) => `${code} ${severity}`)];
}

const sound = (world: EvidenceWorld) => directory(world);
const contradicting = (world: EvidenceWorld) => directory(world, { 'src/a.c': 'evil' });

describe('a build', () => {
  it('that declares a digest which none of its steps made says nothing about it', () => {
    const world = newWorld();
    const other = directory(world, src, { 'image.tar': 'another image' });
    expect(verdict(world, loose([other]))).toEqual(['pending', 'SUBJECT_NOT_PROVEN error']);
  });

  it('cannot fail a digest either, which none of its steps made', () => {
    const world = newWorld();
    const other = directory(world, { 'src/a.c': 'evil' }, { 'image.tar': 'another image' });
    const [outcome, first] = verdict(world, loose([other]));
    expect([outcome, first]).toEqual(['pending', 'SUBJECT_NOT_PROVEN error']);
  });

  it('is not proven by the link of a second functionary, to which no rule was applied', () => {
    const carol = person('carol');
    const world = new EvidenceWorld(
      layout().step('build', { by: [bob, carol], products: ['CREATE bin/*', 'DISALLOW *'] }),
    );
    world.post('build', bob, { products: { 'bin/app': 'app' } });
    world.post('build', carol, { products: image });
    const run = { ...layOutRun(world.policy, '1', world.received), conflicts: [] };
    expect(verdict(world, run)).toEqual(['pending', 'SUBJECT_NOT_PROVEN error']);
  });

  it('passes without a word about commands where the layout expects none', () => {
    const world = newWorld();
    expect(verdict(world, loose([sound(world)]))).toEqual(['pass']);
  });

  it('is pending without any consistent set', () => {
    expect(verdict(newWorld(), loose([]))).toEqual(['pending', 'NO_EVIDENCE error']);
  });

  it.each(['config', 'index'] as const)('passes through the %s of the image, and says so', (via) => {
    const world = newWorld();
    const files = directory(world, src, { config: 'covering' });
    const anchors: Anchor[] = [{ digest: digestOf('covering'), via }];
    expect(verdict(world, loose([files]), anchors)).toEqual(['pass', 'COVERED_BY_IMAGE info']);
  });

  it('names the links that do not count, fifty of them at most', () => {
    const world = newWorld();
    const rejected = Array.from({ length: 52 }, (_, n) => ({
      id: `${n}`,
      step: 'tag',
      keyids: [bob.keyid],
      reason: 'KEY_NOT_AUTHORISED' as const,
    }));
    const found = verdict(world, loose([sound(world)], { rejected }));
    expect(found).toHaveLength(52);
    expect(found.at(-1)).toBe('MORE_LINKS_REJECTED info');
  });

  it('says which steps nothing ties', () => {
    const world = newWorld();
    const result = verdict(world, loose([sound(world)], { untied: ['review'] }));
    expect(result).toContain('STEP_NOT_TIED error');
  });
});

describe('a build with two different links of one step and key', () => {
  const conflicts = [{ step: 'tag', keyid: alice.keyid, links: ['1', '2'] }];

  it('fails under strict, although the newer link satisfies the layout', () => {
    const world = newWorld();
    expect(verdict(world, loose([sound(world)], { conflicts }))).toEqual(['fail', 'LINKS_CONFLICT error']);
  });

  it('passes with a warning under any', () => {
    const world = newWorld('any');
    expect(verdict(world, loose([sound(world)], { conflicts }))).toEqual(['pass', 'LINKS_CONFLICT warning']);
  });

  it('fails under any too when the link that stands contradicts the layout', () => {
    const world = newWorld('any');
    expect(verdict(world, loose([contradicting(world)], { conflicts }))[0]).toBe('fail');
  });
});

describe('a build with several sets that explain it', () => {
  it('has the result of all of them when they agree', () => {
    const world = newWorld();
    expect(verdict(world, loose([sound(world), sound(world)]))).toEqual(['pass']);
    expect(verdict(world, loose([contradicting(world), contradicting(world)]))[0]).toBe('fail');
  });

  it.each([
    ['strict', 'fail', 'AMBIGUOUS_EVIDENCE error'],
    ['any', 'pass', 'AMBIGUOUS_EVIDENCE warning'],
  ] as const)('is, when they differ, under %s: %s', (conflict, outcome, finding) => {
    const world = newWorld(conflict);
    for (const order of [
      [sound(world), contradicting(world)],
      [contradicting(world), sound(world)],
    ]) {
      expect(verdict(world, loose(order)).slice(0, 2)).toEqual([outcome, finding]);
    }
  });

  it.each(['strict', 'any'] as const)(
    'never passes under %s when they may not all have been seen',
    (conflict) => {
      const world = newWorld(conflict);
      const limit = ['pending', 'EVIDENCE_SEARCH_LIMIT error'];
      expect(verdict(world, loose([sound(world)], { limited: true }))).toEqual(limit);
      expect(verdict(world, loose([sound(world), sound(world)], { limited: true }))).toEqual(limit);
      const mixed = verdict(world, loose([contradicting(world), sound(world)], { limited: true }));
      expect(mixed[0]).not.toBe('pass');
    },
  );
});
