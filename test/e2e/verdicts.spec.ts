import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exampleChain } from '../support/example-chain.js';
import { type Service, startService } from '../support/service.js';

describe('a verdict', () => {
  let service: Service;

  beforeAll(async () => {
    service = await startService();
  });

  afterAll(() => service.stop());

  it('is pass once every link of the run is there', async () => {
    const chain = exampleChain({ seed: 'whole' });
    await service.operator.found('acme/whole', chain);
    await service.operator.postRun(chain, { chain: 'acme/whole', run: '1' });
    const { status, body } = await service.operator.waitForVerdict(chain.imageDigest, 'pass');
    expect(status).toBe(200);
    expect(body.allowed).toBe(true);
  });
});
