import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Artifacts } from '../metadata/artifacts.js';
import type { ArtifactRule } from './grammar.js';
import { applyRules, type ItemArtifacts } from './item-rules.js';
import { UnresolvablePath } from './match-rule.js';
import { workOf } from './work.js';

const path = fc.constantFrom('a', 'b', 'src/a', 'src/b.c', 'lib/a', '__proto__', 'x y', 'é');
const artifacts = fc.dictionary(
  path,
  fc.record({ sha256: fc.constantFrom('00', '11') }),
) as fc.Arbitrary<Artifacts>;
const pattern = fc.oneof(path, fc.constantFrom('*', 'src/*', '*.c', '?', '[ab]*'));
const simple = fc.tuple(
  fc.constantFrom('ALLOW', 'CREATE', 'DELETE', 'MODIFY', 'DISALLOW', 'REQUIRE'),
  pattern,
);
const match = fc.tuple(
  fc.constant('MATCH'),
  pattern,
  fc.constant('WITH'),
  fc.constantFrom('PRODUCTS', 'MATERIALS'),
  fc.constant('FROM'),
  fc.constantFrom('other', 'nobody'),
);
const rules: fc.Arbitrary<ArtifactRule[]> = fc.array(fc.oneof(simple, match), { maxLength: 6 });
const item = fc.record({ materials: artifacts, products: artifacts });

function apply(
  written: readonly ArtifactRule[],
  link: ItemArtifacts,
  other: ItemArtifacts,
  side: 'materials' | 'products' = 'products',
) {
  const queues: (readonly string[])[] = [];
  const others = new Map([['other', other]]);
  const failure = applyRules({ side, rules: written, artifacts: link, others }, workOf(1e6), (queue) =>
    queues.push(queue),
  );
  return { failure, queues };
}

describe('artifact rules', () => {
  it('only ever take artifacts out of the queue', () => {
    fc.assert(
      fc.property(
        rules,
        item,
        item,
        fc.constantFrom('materials', 'products'),
        (written, link, other, side) => {
          const { queues } = apply(written, link, other, side);
          let before = Object.keys(link[side]);
          for (const queue of queues) {
            expect(queue.every((queued) => before.includes(queued))).toBe(true);
            before = [...queue];
          }
        },
      ),
    );
  });

  it('fail only at DISALLOW and REQUIRE', () => {
    fc.assert(
      fc.property(rules, item, item, (written, link, other) => {
        const { failure } = apply(written, link, other);
        if (failure) expect(['DISALLOW', 'REQUIRE']).toContain(written[failure.index]?.[0]);
      }),
    );
  });

  it('leave nothing after ALLOW *, and fail at DISALLOW * exactly when something is left', () => {
    fc.assert(
      fc.property(rules, item, item, (written, link, other) => {
        const consuming = written.filter(([keyword]) => keyword !== 'DISALLOW' && keyword !== 'REQUIRE');
        const left = apply(consuming, link, other).queues.at(-1) ?? Object.keys(link.products);
        expect(apply([...consuming, ['ALLOW', '*'], ['DISALLOW', '*']], link, other).failure).toBeUndefined();
        expect(apply([...consuming, ['DISALLOW', '*']], link, other).failure !== undefined).toBe(
          left.length > 0,
        );
      }),
    );
  });

  it('CREATE, DELETE and MODIFY split what changed without overlap', () => {
    fc.assert(
      fc.property(item, (link) => {
        const consumedBy = (keyword: string, side: 'materials' | 'products') =>
          Object.keys(link[side]).filter(
            (name) => !apply([[keyword, '*']], link, link, side).queues[0]?.includes(name),
          );
        expect(consumedBy('CREATE', 'materials')).toEqual([]);
        expect(consumedBy('DELETE', 'products')).toEqual([]);
        const [created, modified] = [consumedBy('CREATE', 'products'), consumedBy('MODIFY', 'products')];
        expect(created.filter((name) => modified.includes(name))).toEqual([]);
        expect(consumedBy('MODIFY', 'materials').toSorted()).toEqual(modified.toSorted());
      }),
    );
  });

  it('MATCH against the same artifacts consumes all of them', () => {
    fc.assert(
      fc.property(item, (link) => {
        const matched = apply([['MATCH', '*', 'WITH', 'PRODUCTS', 'FROM', 'other']], link, link);
        expect(matched.queues).toEqual([[]]);
      }),
    );
  });

  it('MATCH compares whole sets of hashes', () => {
    const one = { materials: {}, products: { a: { sha256: '00' } } };
    const two = { materials: {}, products: { a: { sha256: '00', sha512: '11' } } };
    expect(apply([['MATCH', 'a', 'WITH', 'PRODUCTS', 'FROM', 'other']], one, two).queues).toEqual([['a']]);
    expect(apply([['MATCH', 'a', 'WITH', 'PRODUCTS', 'FROM', 'other']], two, one).queues).toEqual([['a']]);
  });

  it('MATCH with a prefix cannot be led out of it by an absolute path', () => {
    const link = { materials: {}, products: { 'd//etc/passwd': { sha256: '00' } } };
    const rule = ['MATCH', '*', 'IN', 'd', 'WITH', 'PRODUCTS', 'FROM', 'other'];
    expect(() => apply([rule], link, link)).toThrow(UnresolvablePath);
  });

  it('REQUIRE is no pattern', () => {
    const link = { materials: {}, products: { ab: { sha256: '00' } } };
    expect(apply([['REQUIRE', 'a*']], link, link).failure).toMatchObject({ kind: 'REQUIRED', paths: ['a*'] });
  });
});
