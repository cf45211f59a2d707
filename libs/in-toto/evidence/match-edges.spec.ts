import { describe, expect, it } from 'vitest';
import { type Contents, createKey, layout, link, type Rule } from '../../../test/support/supply-chain.js';
import type { Layout } from '../metadata/layout.js';
import { readLayout } from '../metadata/layout.js';
import { type Link, readLink } from '../metadata/link.js';
import { agreement, artifactsFrom, artifactsTo, type MatchEdge, matchEdges } from './match-edges.js';

const key = createKey('ed25519', { seed: 'alice' });

function layoutWith(...materials: Rule[]): Layout {
  const builder = layout().step('tag', { by: key }).step('build', { by: key, materials });
  return readLayout(
    builder.inspect('scan', { run: 'scan', materials: ['MATCH * WITH PRODUCTS FROM build'] }).toPayload(),
  );
}

function edgeOf(rule: Rule): MatchEdge {
  const [edge] = matchEdges(layoutWith(rule));
  if (!edge) throw new Error('the rule ties nothing');
  return edge;
}

const tag = (products: Contents): Link => readLink(link('tag', { products }));
const build = (materials: Contents): Link => readLink(link('build', { materials }));
const paths = (edge: MatchEdge, made: Link) =>
  artifactsFrom(edge, made).map(({ path, otherPath }) => [path, otherPath]);

describe('the edges of a layout', () => {
  it('are its MATCH rules between two steps', () => {
    expect(
      matchEdges(layoutWith('ALLOW a', 'MATCH src/* WITH PRODUCTS FROM tag', 'DISALLOW *')),
    ).toMatchObject([
      {
        from: { step: 'build', side: 'materials' },
        to: { step: 'tag', side: 'products' },
        text: 'MATCH src/* WITH PRODUCTS FROM tag',
      },
    ]);
  });

  it('are no rules about the step itself, an inspection or nobody', () => {
    const rules = ['build', 'scan', 'nobody'].map((step) => `MATCH * WITH PRODUCTS FROM ${step}`);
    expect(matchEdges(layoutWith(...rules))).toEqual([]);
  });
});

describe('what an edge compares', () => {
  it('are the artifacts that its pattern matches, at the same path', () => {
    const edge = edgeOf('MATCH src/* WITH PRODUCTS FROM tag');
    expect(paths(edge, build({ 'src/a': '1', 'src/b/c': '2', 'lib/d': '3' }))).toEqual([
      ['src/a', 'src/a'],
      ['src/b/c', 'src/b/c'],
    ]);
  });

  it('is not what an ALLOW before it has taken', () => {
    const [edge] = matchEdges(layoutWith('ALLOW *.yaml', 'MATCH * WITH PRODUCTS FROM tag', 'ALLOW *.c'));
    expect(edge && paths(edge, build({ 'a.c': '1', 'policy.yaml': '2' }))).toEqual([['a.c', 'a.c']]);
  });

  it('is not what the step itself made, changed or left out, where a rule before it says so', () => {
    const rules = ['DELETE *.tmp', 'MODIFY *.c', 'MATCH * WITH PRODUCTS FROM tag'];
    const [edge] = matchEdges(layoutWith(...rules));
    const materials = { 'a.tmp': '1', 'kept.tmp': '2', 'a.c': '3', 'same.c': '4' };
    const made = readLink(
      link('build', { materials, products: { 'kept.tmp': '2', 'a.c': 'changed', 'same.c': '4' } }),
    );
    expect(edge && paths(edge, made).map(([path]) => path)).toEqual(['kept.tmp', 'same.c']);
  });

  it('is told by prefixes, each on its own side', () => {
    const edge = edgeOf('MATCH *.c IN work WITH PRODUCTS IN repo/src FROM tag');
    expect(paths(edge, build({ 'work/a.c': '1', 'a.c': '2', 'workshop/a.c': '3' }))).toEqual([
      ['work/a.c', 'repo/src/a.c'],
    ]);
    expect(artifactsTo(edge, tag({ 'repo/src/a.c': '1', 'repo/a.c': '2' }))).toMatchObject([
      { path: 'repo/src/a.c', otherPath: 'work/a.c' },
    ]);
  });

  it('may be files called __proto__ and constructor', () => {
    const edge = edgeOf('MATCH * WITH PRODUCTS FROM tag');
    const files: Contents = JSON.parse('{"__proto__": "1", "constructor": "2"}');
    expect(agreement([{ edge, from: build(files), to: tag(files) }])).toEqual({ compared: 2, equal: 2 });
    expect(agreement([{ edge, from: build(files), to: tag({}) }])).toEqual({ compared: 2, equal: 0 });
  });

  it('is counted from the link that has the rule: what it did not use ties nothing', () => {
    const edge = edgeOf('MATCH * WITH PRODUCTS FROM tag');
    const made = { a: '1', b: '2', c: '3' };
    const along = (used: Contents) => agreement([{ edge, from: build(used), to: tag(made) }]);
    expect(along({ a: '1', b: 'changed' })).toEqual({ compared: 2, equal: 1 });
    expect(along({})).toEqual({ compared: 0, equal: 0 });
  });
});
