import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EvidenceWorld, person } from '../../test/support/evidence-world.js';
import { createKey, layout, link, linkFileName, signMetablock } from '../../test/support/supply-chain.js';
import type { Build } from './evidence.js';
import { layOutRun } from './lay-out-run.js';

const [alice, bob, carol] = [person('alice'), person('bob'), person('carol')];

function newWorld(): EvidenceWorld {
  return new EvidenceWorld(
    layout()
      .step('tag', { by: alice })
      .step('build', { by: [bob, carol], threshold: 2 }),
  );
}

function standing({ directories }: Build): Record<string, string> {
  const files = directories.flatMap((directory) => [...directory]);
  return Object.fromEntries(files.map(([name, { id }]) => [name, id]));
}

const product = (content: string) => ({ products: { 'bin/app': content } });

describe('the links of a run', () => {
  it('are laid out under the names of a link directory', () => {
    const world = newWorld();
    const tag = world.post('tag', alice, product('src'));
    const build = world.post('build', [bob, carol], product('app'));
    const run = layOutRun(world.policy, '1', world.received);
    expect(standing(run)).toEqual({
      [linkFileName('tag', alice)]: tag.id,
      [linkFileName('build', bob)]: build.id,
      [linkFileName('build', carol)]: build.id,
    });
    expect(run).toMatchObject({ run: '1', rejected: [], conflicts: [], untied: [], limited: false });
  });

  it('of a newer attempt replace those of the step before, also by other functionaries', () => {
    const world = newWorld();
    const tag = world.post('tag', alice, product('src'));
    const ofBob = world.post('build', bob, product('app'));
    const ofCarol = world.post('build', carol, product('app'));
    const again = world.post('build', bob, product('app 2'), { attempt: 2 });
    const run = layOutRun(world.policy, '1', world.received);
    expect(standing(run)).toEqual({
      [linkFileName('tag', alice)]: tag.id,
      [linkFileName('build', bob)]: again.id,
    });
    expect(run.rejected).toMatchObject([
      { id: ofBob.id, reason: 'REPLACED', by: again.id },
      { id: ofCarol.id, reason: 'REPLACED', by: again.id },
    ]);
    expect(run.conflicts).toEqual([]);
  });

  it('of an older attempt do not come back when they arrive late', () => {
    const world = newWorld();
    const second = world.post('tag', alice, product('2'), { attempt: 2 });
    const first = world.post('tag', alice, product('1'), { attempt: 1 });
    const run = layOutRun(world.policy, '1', world.received);
    expect(Object.values(standing(run))).toEqual([second.id]);
    expect(run.rejected).toMatchObject([{ id: first.id, reason: 'REPLACED' }]);
  });

  it('are not displaced by a forged link with a high attempt', () => {
    const world = newWorld();
    const mallory = { ...alice, sign: createKey('ed25519', { seed: 'mallory' }).sign };
    const tag = world.post('tag', alice, product('src'));
    const forged = world.post('tag', mallory, product('evil'), { attempt: 1_000_000 });
    const stranger = world.post('tag', bob, product('evil'), { attempt: 1_000_000 });
    const run = layOutRun(world.policy, '1', world.received);
    expect(Object.values(standing(run))).toEqual([tag.id]);
    expect(run.rejected).toMatchObject([
      { id: forged.id, reason: 'SIGNATURE_INVALID' },
      { id: stranger.id, reason: 'KEY_NOT_AUTHORISED' },
    ]);
  });

  it('conflict when one functionary says two things of one attempt; the newer one is laid out', () => {
    const world = newWorld();
    const first = world.post('tag', alice, product('1'));
    const second = world.post('tag', alice, product('2'));
    const third = world.post('tag', alice, product('3'));
    const run = layOutRun(world.policy, '1', world.received);
    expect(Object.values(standing(run))).toEqual([third.id]);
    expect(run.conflicts).toEqual([
      { step: 'tag', keyid: alice.keyid, links: [first.id, second.id, third.id] },
    ]);
  });

  it('do not conflict when they say the same in other bytes, which anybody can write', () => {
    const world = newWorld();
    const bytes = signMetablock(link('tag', product('src')), alice);
    world.postFile(bytes);
    world.postFile(Buffer.concat([bytes, Buffer.from(' ')]));
    const run = layOutRun(world.policy, '1', world.received);
    expect([...(run.directories[0]?.values() ?? [])].map(({ saidAt }) => saidAt.seq)).toEqual([1n]);
    expect(run.conflicts).toEqual([]);
  });

  it('of two functionaries who say different things are no conflict but for the threshold to judge', () => {
    const world = newWorld();
    world.post('build', bob, product('1'));
    world.post('build', carol, product('2'));
    expect(layOutRun(world.policy, '1', world.received).conflicts).toEqual([]);
  });

  it('of two functionaries of whom one is enough conflict when they do not report the same', () => {
    const world = new EvidenceWorld(layout().step('scan', { by: [alice, bob] }));
    const newer = world.post('scan', bob, product('findings'));
    const other = world.post('scan', alice, product('no findings'));
    const run = layOutRun(world.policy, '1', world.received);
    expect(run.conflicts).toMatchObject([{ step: 'scan', links: [newer.id, other.id] }]);
    const agreeing = new EvidenceWorld(layout().step('scan', { by: [alice, bob] }));
    agreeing.post('scan', bob, product('no findings'));
    agreeing.post('scan', alice, product('no findings'));
    expect(layOutRun(agreeing.policy, '1', agreeing.received).conflicts).toEqual([]);
  });

  it('posted twice are one', () => {
    const world = newWorld();
    world.post('tag', alice, product('src'));
    world.post('tag', alice, product('src'));
    const run = layOutRun(world.policy, '1', world.received);
    expect(run).toMatchObject({ conflicts: [], rejected: [] });
  });

  it('are laid out alike in whatever order they are read', () => {
    const world = newWorld();
    world.post('tag', alice, product('1'));
    world.post('tag', alice, product('2'), { attempt: 2 });
    world.post('tag', alice, product('3'), { attempt: 2 });
    world.post('build', bob, product('app'));
    world.post('build', carol, product('app'), { attempt: 3 });
    world.post('deploy', bob, product('app'));
    const expected = layOutRun(world.policy, '1', world.received);
    const indices = world.received.map((_, position) => position);
    fc.assert(
      fc.property(fc.shuffledSubarray(indices, { minLength: indices.length }), (order) => {
        const shuffled = order.flatMap((position) => world.received[position] ?? []);
        const run = layOutRun(world.policy, '1', shuffled);
        expect(standing(run)).toEqual(standing(expected));
        expect(run.conflicts).toEqual(expected.conflicts);
        expect(new Set(run.rejected.map(({ id }) => id))).toEqual(
          new Set(expected.rejected.map(({ id }) => id)),
        );
      }),
      { numRuns: 30 },
    );
  });
});
