import { describe, expect, it } from 'vitest';
import { EvidenceWorld, person, sourceOf } from '../../test/support/evidence-world.js';
import { layout, linkFileName, sha256Hex } from '../../test/support/supply-chain.js';
import { type ClosureResult, searchClosure } from './closure-search.js';
import type { EvidenceLink } from './evidence.js';

const [alice, bob, carol] = [person('alice'), person('bob'), person('carol')];

function newWorld(): EvidenceWorld {
  return new EvidenceWorld(
    layout()
      .step('tag', { by: alice })
      .step('build', { by: bob, materials: ['MATCH src/* WITH PRODUCTS FROM tag'] })
      .step('package', { by: carol, materials: ['MATCH bin/* WITH PRODUCTS FROM build'] }),
  );
}

const src = { 'src/a.c': 'a', 'src/b.c': 'b', 'src/c.c': 'c' };
const app = { 'bin/app': 'app' };
const image = { 'image.tar': 'image' };

function postBuild(world: EvidenceWorld) {
  return [
    world.post('tag', alice, { products: src }),
    world.post('build', bob, { materials: src, products: app }),
    world.post('package', carol, { materials: app, products: image }),
  ] as const;
}

function search(world: EvidenceWorld, ...anchors: EvidenceLink[]): Promise<ClosureResult> {
  return searchClosure(world.policy, anchors, sourceOf(world.received), []);
}

/** The links of each set that was found, in the order of the layout. */
function setsOf({ build }: ClosureResult): string[][] {
  return build.directories.map((files) =>
    [...files].sort(([, a], [, b]) => (a.saidAt.seq < b.saidAt.seq ? -1 : 1)).map(([, { id }]) => id),
  );
}

describe('the links that explain an anchor without a run', () => {
  it('are followed back along the MATCH rules', async () => {
    const world = newWorld();
    const [tag, build, pack] = postBuild(world);
    const { build: found } = await search(world, pack);
    expect(found.directories).toEqual([
      new Map([
        [linkFileName('package', carol), { ...pack, saidAt: pack.arrival }],
        [linkFileName('build', bob), { ...build, saidAt: build.arrival }],
        [linkFileName('tag', alice), { ...tag, saidAt: tag.arrival }],
      ]),
    ]);
    expect(found).toMatchObject({ run: null, rejected: [], conflicts: [], untied: [], limited: false });
  });

  it('are followed forwards from an early step too', async () => {
    const world = newWorld();
    const links = postBuild(world);
    expect(setsOf(await search(world, links[0]))).toEqual([links.map(({ id }) => id)]);
  });

  it('are completed by nothing when the step was not recorded, however new a link of its name is', async () => {
    const world = newWorld();
    const [, , pack] = postBuild(world);
    const orphan = world.post('package', carol, { materials: { 'bin/app': 'lost' }, products: image });
    expect(setsOf(await search(world, orphan))).toEqual([[orphan.id]]);
    expect(setsOf(await search(world, pack))).toHaveLength(1);
  });

  it('do not include a link that has the same content at another path', async () => {
    const world = newWorld();
    world.post('build', bob, { products: { 'out/app': 'app' } });
    const pack = world.post('package', carol, { materials: app, products: image });
    expect(setsOf(await search(world, pack))).toEqual([[pack.id]]);
  });

  it('show the step that was tampered with beside the one it contradicts', async () => {
    const world = newWorld();
    const tag = world.post('tag', alice, { products: src });
    const build = world.post('build', bob, { materials: { ...src, 'src/b.c': 'evil' }, products: app });
    const pack = world.post('package', carol, { materials: app, products: image });
    expect(setsOf(await search(world, pack))).toEqual([[tag.id, build.id, pack.id]]);
  });

  it('are the consistent ones where there are any, and never those that contradict each other', async () => {
    const world = newWorld();
    const [tag, build, pack] = postBuild(world);
    const evil = world.post('build', bob, { materials: { ...src, 'src/b.c': 'evil' }, products: app });
    const sets = setsOf(await search(world, pack));
    expect(sets).toEqual([[tag.id, build.id, pack.id]]);
    expect(sets.flat()).not.toContain(evil.id);
  });

  it('are every complete set when there are several', async () => {
    const world = newWorld();
    const [tag, build, pack] = postBuild(world);
    const again = world.post('build', bob, { command: 'again', materials: src, products: app });
    expect(setsOf(await search(world, pack))).toEqual([
      [tag.id, pack.id, again.id],
      [tag.id, build.id, pack.id],
    ]);
  });

  it('say which links did not count, unless these were used', async () => {
    const world = newWorld();
    const [, , pack] = postBuild(world);
    const stranger = world.post('build', alice, { materials: src, products: app });
    const less = world.post('tag', alice, { products: { 'src/a.c': 'a' } });
    const { build } = await search(world, pack);
    expect(build.rejected).toMatchObject([
      { id: stranger.id, reason: 'KEY_NOT_AUTHORISED' },
      { id: less.id, reason: 'NOT_TIED', keyids: [alice.keyid] },
    ]);
  });

  it('do not count as left out in one set when another set rests on them', async () => {
    const world = newWorld();
    const [, , pack] = postBuild(world);
    const changed = { ...src, 'src/c.c': 'comment changed' };
    world.post('tag', alice, { products: changed });
    world.post('build', bob, { materials: changed, products: app });
    const result = await search(world, pack);
    expect(setsOf(result)).toHaveLength(2);
    expect(result.build.rejected).toEqual([]);
  });

  it('are none when the anchor itself does not count', async () => {
    const world = newWorld();
    const pack = world.post('package', alice, { materials: app, products: image });
    const { build } = await search(world, pack);
    expect(build).toMatchObject({
      directories: [],
      rejected: [{ id: pack.id, reason: 'KEY_NOT_AUTHORISED' }],
    });
  });

  it('start where the anchor appears first, and later steps that hand it on are tied to that', async () => {
    const world = new EvidenceWorld(
      layout()
        .step('package', { by: carol })
        .step('scan', { by: bob, materials: ['MATCH image.tar WITH PRODUCTS FROM package'] }),
    );
    const pack = world.post('package', carol, { products: image });
    const scan = world.post('scan', bob, { materials: image, products: image });
    expect(setsOf(await search(world, scan, pack))).toEqual([[pack.id, scan.id]]);
    const loose = world.post('scan', bob, { products: image });
    expect(setsOf(await search(world, loose, pack))).toEqual([[pack.id, scan.id]]);
  });

  it('watch the digests by which a missing link would be tied', async () => {
    const world = newWorld();
    const pack = world.post('package', carol, { materials: app, products: image });
    expect(await search(world, pack)).toMatchObject({ watch: [sha256Hex('app')] });
  });
});

describe('a step that no rule ties', () => {
  it('gets no link, least of all the newest of its name', async () => {
    const world = new EvidenceWorld(
      layout()
        .step('review', { by: alice })
        .step('build', { by: bob })
        .step('package', { by: carol, materials: ['MATCH bin/* WITH PRODUCTS FROM build'] }),
    );
    world.post('review', alice, { products: { 'review.txt': 'fine' } });
    const build = world.post('build', bob, { products: app });
    const pack = world.post('package', carol, { materials: app, products: image });
    const result = await search(world, pack);
    expect(setsOf(result)).toEqual([[build.id, pack.id]]);
    expect(result.build.untied).toEqual(['review']);
  });

  it('is none while a rule ties it to one whose link is missing', async () => {
    const world = newWorld();
    const pack = world.post('package', carol, { materials: app, products: image });
    expect((await search(world, pack)).build.untied).toEqual([]);
  });
});
