import { describe, expect, it } from 'vitest';
import { writeDigest } from '#platform/digest.js';
import { digestOf, EvidenceWorld, NOW, person } from '../../test/support/evidence-world.js';
import { layout } from '../../test/support/supply-chain.js';
import type { Build } from './evidence.js';
import { explainBuild } from './explain-build.js';
import { layOutRun } from './lay-out-run.js';

const [alice, bob, carol] = [person('alice'), person('bob'), person('carol')];
const src = { 'src/a.c': 'a', 'src/b.c': 'b' };
const app = { 'bin/app': 'app' };
const subject = digestOf('image');

function newWorld(): EvidenceWorld {
  return new EvidenceWorld(
    layout()
      .step('tag', { by: alice })
      .step('build', { by: bob, materials: ['MATCH src/* WITH PRODUCTS FROM tag'] })
      .step('package', { by: carol, materials: ['MATCH bin/* WITH PRODUCTS FROM build'] }),
  );
}

function explain(world: EvidenceWorld, build: Build) {
  const [files = new Map()] = build.directories;
  return explainBuild(build, 'pass', files, world.layout, [{ digest: subject, via: 'itself' }]);
}

const runOf = (world: EvidenceWorld) => layOutRun(world.policy, '7', world.received);

describe('the explanation of a build', () => {
  it('names the links, how far each rule ties two of them, and what anchors the subject', () => {
    const world = newWorld();
    const tag = world.post('tag', alice, { products: src });
    world.post('build', bob, { materials: { ...src, 'src/b.c': 'changed' }, products: app });
    const pack = world.post('package', carol, { materials: app, products: { 'image.tar': 'image' } });
    const explained = explain(world, runOf(world));
    expect(explained.chosen[0]).toEqual({
      id: tag.id,
      step: 'tag',
      keyids: [alice.keyid],
      receivedAt: new Date(NOW.getTime() - 60_000).toISOString(),
    });
    expect(explained.ties).toMatchObject([
      {
        rule: 'MATCH src/* WITH PRODUCTS FROM tag',
        from: { step: 'build', side: 'materials' },
        to: { step: 'tag', side: 'products' },
        compared: 2,
        equal: 1,
        artifacts: ['src/a.c'],
      },
      { compared: 1, equal: 1, artifacts: ['bin/app'] },
    ]);
    expect(explained.anchors).toEqual([
      {
        link: pack.id,
        step: 'package',
        path: 'image.tar',
        form: 'digest',
        via: 'itself',
        digest: writeDigest(subject),
      },
    ]);
    expect(explained).toMatchObject({ run: '7', outcome: 'pass', sets: 1, missingTies: [] });
  });

  it('says where a tie has only one end', () => {
    const world = newWorld();
    world.post('package', carol, { materials: app });
    expect(explain(world, runOf(world)).missingTies).toEqual([
      { rule: 'MATCH bin/* WITH PRODUCTS FROM build', from: 'package', to: 'build' },
    ]);
  });

  it('names ten artifacts of a tie at most, and counts them all', () => {
    const world = newWorld();
    const many = Object.fromEntries(Array.from({ length: 25 }, (_, n) => [`src/${n}`, `${n}`]));
    world.post('tag', alice, { products: many });
    world.post('build', bob, { materials: many });
    const [tie] = explain(world, runOf(world)).ties;
    expect(tie).toMatchObject({ compared: 25, equal: 25 });
    expect(tie?.artifacts).toHaveLength(10);
  });

  it('gives the reason for each link that does not count, fifty at most', () => {
    const world = newWorld();
    world.post('tag', alice, { products: src });
    for (let n = 0; n < 55; n++) world.post('build', alice, { command: `${n}` });
    const { rejected } = explain(world, runOf(world));
    expect(rejected).toHaveLength(50);
    expect(rejected[0]).toMatchObject({ step: 'build', keyids: [alice.keyid], reason: 'KEY_NOT_AUTHORISED' });
  });

  it('of nothing is empty', () => {
    const world = newWorld();
    expect(explain(world, runOf(world))).toMatchObject({
      chosen: [],
      ties: [],
      missingTies: [],
      anchors: [],
    });
  });
});
