import { describe, expect, it } from 'vitest';
import { type Link, matchEdges } from '#in-toto/index.js';
import { EvidenceWorld, person, sourceOf } from '../../test/support/evidence-world.js';
import { type Contents, layout, sha256Hex } from '../../test/support/supply-chain.js';
import type { EvidenceLink } from './evidence.js';
import { isAccepted, screenLink } from './screen-link.js';
import { type Candidates, tiedCandidates } from './tied-candidates.js';

const [alice, bob] = [person('alice'), person('bob')];

function newWorld(): EvidenceWorld {
  return new EvidenceWorld(
    layout()
      .step('tag', { by: alice, products: ['CREATE *'] })
      .step('build', { by: bob, materials: ['MATCH * WITH PRODUCTS FROM tag'] }),
  );
}

function linkOf({ metadata: { payload } }: EvidenceLink): Link {
  if (payload.type !== 'link') throw new Error('a link was posted');
  return payload;
}

/** Looks from a chosen link of one step for those of the other. */
function candidatesFor(world: EvidenceWorld, step: string, known: EvidenceLink): Promise<Candidates> {
  const ties = matchEdges(world.layout).map((edge) => ({ edge, known: linkOf(known) }));
  return tiedCandidates(
    step,
    ties,
    sourceOf(world.received),
    (candidate) => {
      const screened = screenLink(world.policy, candidate);
      return isAccepted(screened) ? screened : undefined;
    },
    new Set(),
  );
}

const ids = ({ accepted }: Candidates) => accepted.map(({ link }) => link.id);
const files = (count: number, of: string): Contents =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`${of}-${n}`, `${of} ${n}`]));

describe('the candidates for a step', () => {
  it('have every artifact that the rule compares, at its path', async () => {
    const world = newWorld();
    const tag = world.post('tag', alice, { products: { a: '1', b: '2' } });
    world.post('tag', alice, { products: { a: '1', b: 'other' } });
    world.post('tag', alice, { products: { 'elsewhere/a': '1', b: '3' } });
    const build = world.post('build', bob, { materials: { a: '1', b: '2' } });
    const candidates = await candidatesFor(world, 'tag', build);
    expect(ids(candidates)).toEqual([tag.id]);
    expect(candidates).toMatchObject({ full: true, limited: false });
    expect(candidates.notTied).toHaveLength(1);
  });

  it('are those that differ least when none agrees in full', async () => {
    const world = newWorld();
    world.post('tag', alice, { products: { a: '1', b: 'x', c: 'x' } });
    const near = world.post('tag', alice, { products: { a: '1', b: '2', c: 'x' } });
    const build = world.post('build', bob, { materials: { a: '1', b: '2', c: '3' } });
    const candidates = await candidatesFor(world, 'tag', build);
    expect(ids(candidates)).toEqual([near.id]);
    expect(candidates.full).toBe(false);
  });

  it('are none when nothing is equal, however new a link of that name is', async () => {
    const world = newWorld();
    const build = world.post('build', bob, { materials: { a: '1' } });
    world.post('tag', alice, { products: { a: 'newer' } });
    expect(await candidatesFor(world, 'tag', build)).toMatchObject({ accepted: [], limited: false });
  });

  it('are found by the rarest digest among files that everybody has', async () => {
    const world = newWorld();
    const common = files(5, 'common');
    const tag = world.post('tag', alice, { products: { ...common, version: '1.2.3' } });
    for (let n = 0; n < 70; n++) world.post('tag', alice, { products: { ...common, version: `decoy ${n}` } });
    const build = world.post('build', bob, { materials: { ...common, version: '1.2.3' } });
    const candidates = await candidatesFor(world, 'tag', build);
    expect(ids(candidates)).toEqual([tag.id]);
    expect(candidates).toMatchObject({ full: true, limited: false });
  });

  it('are admitted to be limited when every digest is shared by more links than are looked at', async () => {
    const world = newWorld();
    for (let n = 0; n < 33; n++) world.post('tag', alice, { products: { a: '1', [`b${n}`]: '2' } });
    const build = world.post('build', bob, { materials: { a: '1', b0: '2' } });
    expect(await candidatesFor(world, 'tag', build)).toMatchObject({ limited: true });
  });

  it('are admitted to be limited when more are equally tied than the search follows', async () => {
    const world = newWorld();
    for (let n = 0; n < 9; n++) world.post('tag', alice, { command: `try ${n}`, products: { a: '1' } });
    const build = world.post('build', bob, { materials: { a: '1' } });
    const candidates = await candidatesFor(world, 'tag', build);
    expect(candidates.accepted).toHaveLength(8);
    expect(candidates.limited).toBe(true);
  });

  it('are admitted to be limited when one that used only popular files may not have been seen', async () => {
    const world = newWorld();
    const tag = world.post('tag', alice, { products: { popular: '1', rare: '2' } });
    world.post('build', bob, { command: 'old', materials: { popular: '1' } });
    for (let n = 0; n < 40; n++) world.post('build', bob, { materials: { popular: '1', x: `decoy ${n}` } });
    const seen = world.post('build', bob, { command: 'new', materials: { popular: '1' } });
    const candidates = await candidatesFor(world, 'build', tag);
    expect(ids(candidates)).toEqual([seen.id]);
    expect(candidates).toMatchObject({ full: true, limited: true });
  });

  it('are complete when one has a rare file beside the popular ones', async () => {
    const world = newWorld();
    const tag = world.post('tag', alice, { products: { popular: '1', rare: '2' } });
    const build = world.post('build', bob, { materials: { popular: '1', rare: '2' } });
    for (let n = 0; n < 40; n++) world.post('build', bob, { materials: { popular: '1', x: `decoy ${n}` } });
    const candidates = await candidatesFor(world, 'build', tag);
    expect(ids(candidates)).toEqual([build.id]);
    expect(candidates).toMatchObject({ full: true, limited: false });
  });

  it('watch the digests that fewest links share', async () => {
    const world = newWorld();
    const common = files(20, 'common');
    for (let n = 0; n < 3; n++) world.post('tag', alice, { command: `${n}`, products: common });
    const rare = files(4, 'rare');
    const build = world.post('build', bob, { materials: { ...common, ...rare } });
    const { watch } = await candidatesFor(world, 'tag', build);
    expect(watch).toHaveLength(24);
    expect(watch.slice(0, 4).sort()).toEqual(
      Object.values(rare)
        .map((content) => sha256Hex(content))
        .sort(),
    );
  });

  it('are not asked for when the rule compares nothing', async () => {
    const world = newWorld();
    const build = world.post('build', bob, {});
    expect(await candidatesFor(world, 'tag', build)).toEqual({
      accepted: [],
      notTied: [],
      full: false,
      limited: false,
      watch: [],
    });
  });
});

describe('the candidates for a step with two ties', () => {
  it('are found by the tie that tells builds apart, whichever rule stands first', async () => {
    const world = new EvidenceWorld(
      layout()
        .step('tag', { by: alice, products: ['CREATE *'] })
        .step('build', { by: alice, products: ['CREATE *'] })
        .step('package', {
          by: bob,
          materials: ['MATCH lib/* WITH PRODUCTS FROM tag', 'MATCH bin/* WITH PRODUCTS FROM build'],
        }),
    );
    const lib = { 'lib/a': 'a', 'lib/b': 'b', 'lib/c': 'c' };
    const tag = world.post('tag', alice, { products: lib });
    const build = world.post('build', alice, { products: { 'bin/app': 'app 1' } });
    const sound = world.post('package', bob, { materials: { ...lib, 'bin/app': 'app 1' } });
    for (let n = 0; n < 120; n++) {
      const [name, content] = Object.entries(lib)[n % 3] ?? ['', ''];
      world.post('package', bob, { materials: { [name]: content, 'bin/app': `decoy ${n}` } });
    }
    const ties = matchEdges(world.layout).map((edge) => ({
      edge,
      known: linkOf(edge.to.step === 'tag' ? tag : build),
    }));
    const candidates = await tiedCandidates(
      'package',
      ties,
      sourceOf(world.received),
      (candidate) => {
        const screened = screenLink(world.policy, candidate);
        return isAccepted(screened) ? screened : undefined;
      },
      new Set(),
    );
    expect(ids(candidates)).toEqual([sound.id]);
  });
});
