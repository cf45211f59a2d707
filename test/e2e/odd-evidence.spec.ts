import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ExampleChain, exampleChain } from '../support/example-chain.js';
import { type Service, startService } from '../support/service.js';
import { type Contents, link, signDsse } from '../support/supply-chain.js';

describe('a functionary who signs odd things', () => {
  let service: Service;

  beforeAll(async () => {
    service = await startService();
  });

  afterAll(() => service.stop());

  /** The whole run, and then another link of the build that made these products as well. */
  const runWith = async (name: string, odd: Contents): Promise<ExampleChain> => {
    const chain = exampleChain({ seed: name });
    await service.operator.found(name, chain);
    await service.operator.postRun(chain, { chain: name, run: '1' });
    const file = signDsse(link('build', { products: odd }), chain.functionaries.bob);
    const { status } = await service.operator.postLink(file, { chain: name, run: '1' });
    expect(status).toBe(201);
    return chain;
  };

  it.each([
    ['NUL', 'a\0b'],
    ['a member of every object', '__proto__'],
    ['a terminal escape', '\u001b[2J'],
    ['markup', '<script>alert(1)</script>'],
    ['ten thousand letters', 'x'.repeat(10_000)],
  ])('as a path with %s gets the verdict that the layout gives', async (what, path) => {
    const chain = await runWith(`acme/${what.replaceAll(/\W+/g, '-').toLowerCase()}`, { [path]: 'odd' });
    const { body } = await service.operator.waitForVerdict(chain.imageDigest, 'fail');
    expect(body.findings).toContainEqual(expect.objectContaining({ severity: 'error', step: 'build' }));
  });

  it('as twenty thousand products that no rule allows gets an answer that can be read', async () => {
    const many = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`odd/file-${i}`, 'odd']));
    const chain = await runWith('acme/many', many);
    const { bytes } = await service.operator.waitForVerdict(chain.imageDigest, 'fail');
    expect(bytes.length).toBeLessThan(100_000);
  });
});
