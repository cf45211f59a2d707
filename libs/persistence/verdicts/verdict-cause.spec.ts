import { describe, expect, it } from 'vitest';
import type { MetSignature } from './verdict-basis.js';
import { causeOf, type Grounds } from './verdict-cause.js';

const signature: MetSignature = {
  fingerprint: 'ab'.repeat(32),
  role: 'functionary',
  receivedAt: '2026-06-01T12:00:00.000Z',
  owner: 'bob',
  standing: 'counted',
};
const basis = { engine: 2, epoch: '7', settings: 's1', owners: 'o1' };
const before: Grounds = { layoutId: Buffer.from('layout 1'), basis, reliesOn: [signature] };

describe('what caused a verdict', () => {
  it('is nothing but its being the first', () => {
    expect(causeOf(undefined, before)).toEqual(['first']);
  });

  it.each<[string, Partial<Grounds>]>([
    ['layout', { layoutId: Buffer.from('layout 2') }],
    ['layout', { layoutId: null }],
    ['settings', { basis: { ...basis, settings: 's2' } }],
    ['owners', { basis: { ...basis, owners: 'o2' } }],
    ['engine', { basis: { ...basis, engine: 3 } }],
    ['keys', { reliesOn: [{ ...signature, standing: 'refused' }] }],
    ['keys', { reliesOn: [{ ...signature, owner: 'carol' }] }],
    ['evidence', {}],
    ['evidence', { basis: { ...basis, epoch: '8' } }],
    ['evidence', { reliesOn: [signature, { ...signature, receivedAt: '2026-06-01T13:00:00.000Z' }] }],
  ])('is the %s', (cause, changed) => {
    expect(causeOf(before, { ...before, ...changed })).toEqual([cause]);
  });

  it('is everything that changed', () => {
    const after = { ...before, layoutId: null, reliesOn: [{ ...signature, standing: 'refused' as const }] };
    expect(causeOf(before, after)).toEqual(['layout', 'keys']);
  });

  it('is the rules too, after a build that did not say by which it judged', () => {
    expect(causeOf({ ...before, basis: null, reliesOn: null }, before)).toEqual([
      'owners',
      'settings',
      'engine',
    ]);
  });
});
