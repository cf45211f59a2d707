import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectStatus } from '../support/client.js';
import { type ExampleChain, exampleChain } from '../support/example-chain.js';
import { randomFrom } from '../support/seeded.js';
import { type Service, startService } from '../support/service.js';
import { link, signMetablock } from '../support/supply-chain.js';

/** Bob builds something else than what Alice tagged, and says so. */
function withForeignSources({ links, functionaries, ...rest }: ExampleChain): ExampleChain {
  const story = {
    materials: { 'src/file-0.c': 'not what was tagged' },
    products: { 'bin/app': 'application' },
  };
  const foreign = signMetablock(link('build', story), functionaries.bob);
  return {
    ...rest,
    functionaries,
    links: links.map((signed) => (signed.step === 'build' ? { ...signed, bytes: foreign } : signed)),
  };
}

describe('asking, declaring and posting in any order', () => {
  let service: Service;

  beforeAll(async () => {
    service = await startService();
  });

  afterAll(() => service.stop());

  it('always ends in the right verdict', async () => {
    const random = randomFrom('interleavings');
    const story = async (number: number): Promise<void> => {
      const name = `acme/race-${number}`;
      const sound = exampleChain({ seed: name });
      const isSound = number % 3 > 0;
      const chain = isSound ? sound : withForeignSources(sound);
      const declares = number % 2 === 0;
      expectStatus(await service.operator.createChain(name, chain.owner), 201);

      const acts: (() => Promise<unknown>)[] = [
        () => service.operator.postLayout(name, chain.layout),
        ...chain.links.map(({ bytes }, i) => async () => {
          const subject = declares && i % 2 === 0 ? { subject: chain.imageDigest } : {};
          expectStatus(await service.operator.postLink(bytes, { chain: name, run: '1', ...subject }), 201);
        }),
        ...Array.from(
          { length: declares ? 0 : 3 },
          () => () => service.operator.verdict(chain.imageDigest, name),
        ),
      ];
      const underWay: Promise<unknown>[] = [];
      for (const act of random.shuffled(acts)) {
        underWay.push(act());
        if (random.below(3) === 0) await Promise.all(underWay);
      }
      await Promise.all(underWay);

      // Where CI declared the subject, nobody needs to ask before it is verified.
      if (declares) {
        await expect.poll(() => newestOutcome(name), { timeout: 20_000 }).toBe(isSound ? 'pass' : 'fail');
      }
      const { body } = await service.operator.waitForVerdict(
        chain.imageDigest,
        isSound ? 'pass' : 'fail',
        name,
      );
      expect(body.evidence).toHaveLength(5);
    };
    const numbers = Array.from({ length: 50 }, (_, number) => number);
    for (let start = 0; start < numbers.length; start += 10) {
      await Promise.all(numbers.slice(start, start + 10).map(story));
    }
    await expect.poll(marksLeft, { timeout: 20_000 }).toBe(0);
  }, 60_000);

  const newestOutcome = async (chain: string): Promise<string | undefined> => {
    const [row] = await service.query<{ outcome: string }>(
      `select outcome from verdict join chain on chain.id = chain_id where name = $1 order by seq desc limit 1`,
      [chain],
    );
    return row?.outcome;
  };

  const marksLeft = async (): Promise<number> =>
    (await service.query('select 1 from verification_mark')).length;
});
