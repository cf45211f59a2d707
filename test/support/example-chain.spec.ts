import { describe, expect, it } from 'vitest';
import { parsePublicKey, verify } from '#in-toto/index.js';
import { type ExampleChain, exampleChain } from './example-chain.js';

describe.each(['metablock', 'dsse'] as const)('the example chain in %s files', (container) => {
  const chain = exampleChain({ container });

  it('passes verification', () => {
    expect(outcomeOf(chain)).toBe('pass');
  });

  it('fails without any one of its links', () => {
    for (const missing of chain.links) {
      const links = chain.links.filter((link) => link !== missing);
      expect(outcomeOf({ ...chain, links }), missing.fileName).toBe('fail');
    }
  });

  it('fails with the layout of another owner', () => {
    expect(outcomeOf({ ...chain, layout: exampleChain({ container, seed: 'other' }).layout })).toBe('fail');
  });

  it('fails with a link of another chain in the place of its own', () => {
    const other = exampleChain({ container, seed: 'other' });
    const links = chain.links.map((link, i) => ({
      ...link,
      bytes: i === 1 ? (other.links[1]?.bytes ?? link.bytes) : link.bytes,
    }));
    expect(outcomeOf({ ...chain, links })).toBe('fail');
  });
});

function outcomeOf({ layout, owner, links }: ExampleChain): string {
  const files = new Map(links.map(({ fileName, bytes }) => [fileName, bytes]));
  const result = verify(
    { layout, layoutKeys: [parsePublicKey(owner.publicKey)], links: { read: (name) => files.get(name) } },
    { at: new Date('2026-01-01T00:00:00Z') },
  );
  return result.outcome;
}
