import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { component } from '../support/components.js';
import { REFERENCE_CLIENTS } from '../support/reference-clients.js';
import { recordTutorialChain, type TutorialChain } from '../support/tutorial-chain.js';

for (const client of REFERENCE_CLIENTS) {
  component(client.component)(`a supply chain recorded by ${client.title}`, () => {
    let chain: TutorialChain;

    beforeAll(async () => {
      chain = await recordTutorialChain(client);
    });

    afterAll(() => chain?.remove());

    it(`is written as ${client.dsse ? 'DSSE envelopes' : 'Metablocks'}`, async () => {
      for (const path of [chain.layout, ...Object.values(chain.links)]) {
        const document: unknown = JSON.parse(await readFile(path, 'utf8'));
        expect(document).toHaveProperty(client.dsse ? 'payloadType' : 'signed._type');
      }
    });

    it('is about the digest that the build printed', () => {
      expect(chain.subject).toMatch(/^sha256:[0-9a-f]{64}$/);
    });

    it('names an owner key that can be checked', () => {
      expect(chain.ownerKey).toMatchObject({
        keyid: expect.stringMatching(/^[0-9a-f]{64}$/),
        keytype: 'ed25519',
        scheme: 'ed25519',
        keyval: { public: expect.stringMatching(/^[0-9a-f]{64}$/) },
      });
    });

    it('passes its own in-toto-verify', async () => {
      await chain.verify();
    });

    it('fails its own in-toto-verify when a link says something else', async () => {
      const original = await readFile(chain.links.scan);
      await writeFile(chain.links.scan, await readFile(chain.links.build));
      await expect(chain.verify()).rejects.toThrow('failed (1)');
      await writeFile(chain.links.scan, original);
    });
  });
}
