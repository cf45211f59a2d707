import { describe, expect, it } from 'vitest';
import { EvidenceWorld, person, sourceOf } from '../../test/support/evidence-world.js';
import { layout, link, signMetablock } from '../../test/support/supply-chain.js';
import { searchClosure } from './closure-search.js';

const [alice, bob, carol] = [person('alice'), person('bob'), person('carol')];
const tags = { 'src/a.c': 'a' };
const app = { 'bin/app': 'app' };

function newWorld(threshold = 1): EvidenceWorld {
  return new EvidenceWorld(
    layout()
      .step('tag', { by: alice })
      .step('build', { by: [bob, carol], threshold, materials: ['MATCH src/* WITH PRODUCTS FROM tag'] })
      .step('package', { by: carol, materials: ['MATCH bin/* WITH PRODUCTS FROM build'] }),
  );
}

describe('a step that several must sign', () => {
  it('takes all links that report the same as one', async () => {
    const world = newWorld(2);
    world.post('tag', alice, { products: tags });
    world.post('build', bob, { materials: tags, products: app });
    world.post('build', carol, { materials: tags, products: app });
    const pack = world.post('package', carol, { materials: app });
    const { build } = await searchClosure(world.policy, [pack], sourceOf(world.received), []);
    expect(build.directories.map(({ size }) => size)).toEqual([4]);
  });

  it('does not count links together that report different things', async () => {
    const world = newWorld(2);
    world.post('tag', alice, { products: tags });
    world.post('build', bob, { materials: tags, products: app });
    world.post('build', carol, { materials: tags, products: { ...app, extra: 'extra' } });
    const pack = world.post('package', carol, { materials: app });
    const { build } = await searchClosure(world.policy, [pack], sourceOf(world.received), []);
    expect(build.directories.map(({ size }) => size)).toEqual([3, 3]);
  });

  it('keeps the newest when one functionary reports the same again', async () => {
    const world = newWorld(2);
    world.post('build', bob, { command: 'first', materials: tags, products: app });
    const again = world.post('build', bob, { command: 'second', materials: tags, products: app });
    const pack = world.post('package', carol, { materials: app });
    const { build } = await searchClosure(world.policy, [pack], sourceOf(world.received), []);
    const [files] = build.directories;
    expect([...(files?.values() ?? [])].map(({ id }) => id)).toEqual([pack.id, again.id]);
  });
});

describe('a search that would not end', () => {
  it('is not made of copies of one link in other bytes, which anybody can write', async () => {
    const world = newWorld();
    world.post('tag', alice, { products: tags });
    const bytes = signMetablock(link('build', { materials: tags, products: app }), bob);
    for (let n = 0; n < 20; n++) world.postFile(Buffer.concat([bytes, Buffer.from(' '.repeat(n))]));
    const pack = world.post('package', carol, { materials: app });
    const { build } = await searchClosure(world.policy, [pack], sourceOf(world.received), []);
    expect(build.directories.map(({ size }) => size)).toEqual([3]);
    expect(build.limited).toBe(false);
  });

  it('says so when a step has more links alike than it follows', async () => {
    const world = newWorld();
    for (let n = 0; n < 9; n++) world.post('build', bob, { command: `try ${n}`, products: app });
    const pack = world.post('package', carol, { materials: app });
    const { build } = await searchClosure(world.policy, [pack], sourceOf(world.received), []);
    expect(build.directories).toHaveLength(8);
    expect(build.limited).toBe(true);
  });

  it('follows as many as it can to the end without saying so', async () => {
    const world = newWorld();
    for (let n = 0; n < 8; n++) {
      world.post('tag', alice, { command: `try ${n}`, products: tags });
      world.post('build', bob, { command: `try ${n}`, materials: tags, products: app });
    }
    const pack = world.post('package', carol, { materials: app });
    const { build } = await searchClosure(world.policy, [pack], sourceOf(world.received), []);
    expect(build.directories).toHaveLength(64);
    expect(build.limited).toBe(false);
  });

  it('says so when there are more sets than it looks at', async () => {
    const world = newWorld();
    for (let n = 0; n < 8; n++) {
      world.post('tag', alice, { command: `try ${n}`, products: tags });
      world.post('build', bob, { command: `try ${n}`, materials: tags, products: app });
    }
    const packs = [1, 2].map((n) => world.post('package', carol, { command: `${n}`, materials: app }));
    const { build } = await searchClosure(world.policy, packs, sourceOf(world.received), []);
    expect(build.directories).toHaveLength(64);
    expect(build.limited).toBe(true);
  });

  it('says so when a digest is shared by more links than are looked at', async () => {
    const world = newWorld();
    for (let n = 0; n < 40; n++) world.post('build', bob, { products: { ...app, n: `${n}` } });
    const pack = world.post('package', carol, { materials: app });
    const { build } = await searchClosure(world.policy, [pack], sourceOf(world.received), []);
    expect(build.limited).toBe(true);
  });
});
