import { describe, expect, it } from 'vitest';
import { type Layout, parseMetadata } from '#in-toto/index.js';
import { createKey, layout, signMetablock } from '../../../test/support/supply-chain.js';
import { unknownSteps } from './unknown-steps.js';

const bob = createKey('ed25519', { seed: 'bob' });

const layoutOf = (names: readonly string[]): Layout => {
  const built = names.reduce((begun, name) => begun.step(name, { by: bob }), layout());
  const { payload } = parseMetadata(signMetablock(built.toPayload(), bob));
  if (payload.type !== 'layout') throw new Error('not a layout');
  return payload;
};
const settings = { conflict: 'strict', maxAge: {} } as const;
const numbered = (count: number, name: string) => Array.from({ length: count }, (_, n) => `${name} ${n}`);

describe('names in settings', () => {
  it('that are steps give nothing to say', () => {
    const named = { ...settings, maxAge: { build: 1 }, anchorSteps: ['scan'] };
    expect(unknownSteps(named, layoutOf(['build', 'scan']))).toEqual([]);
  });

  it('that are none are told, with the steps there are', () => {
    const [warning, ...others] = unknownSteps(
      { ...settings, anchorSteps: ['bild'] },
      layoutOf(['build', 'scan']),
    );
    expect(others).toEqual([]);
    expect(warning).toMatchObject({
      where: 'anchorSteps',
      message: expect.stringContaining('"bild"'),
      fix: 'Its steps are "build", "scan".',
    });
  });

  it('by the thousand, for a layout of a thousand steps, are told in few words', () => {
    const many = { ...settings, anchorSteps: numbered(15_000, 'n') };
    const warnings = unknownSteps(many, layoutOf(numbered(1_000, 's'.repeat(100))));
    expect(JSON.stringify(warnings).length).toBeLessThan(256 * 1024);
    expect(warnings.at(-1)?.message).toContain('14980 more');
    expect(warnings.at(-1)?.fix).toContain('and 980 more');
  });
});
