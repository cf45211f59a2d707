import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { component } from '../support/components.js';
import { execute } from '../support/execute.js';
import { REFERENCE_CLIENTS } from '../support/reference-clients.js';
import { type Random, randomFrom } from '../support/seeded.js';
import { type Service, startService } from '../support/service.js';
import { recordTutorialChain, type TutorialChain } from '../support/tutorial-chain.js';

for (const reference of REFERENCE_CLIENTS) {
  component(reference.component)(`files that ${reference.title} wrote, posted untouched with curl`, () => {
    let service: Service;
    let chain: TutorialChain;

    beforeAll(async () => {
      [service, chain] = await Promise.all([startService(), recordTutorialChain(reference)]);
    });

    afterAll(async () => {
      await service?.stop();
      await chain?.remove();
    });

    /** The call of the README. */
    const curl = async (
      path: string,
      file: string,
    ): Promise<{ status: number; body: Record<string, unknown> }> => {
      const output = await execute('curl', [
        ...['--silent', '--show-error', '--write-out', '\n%{http_code}', `${service.url}${path}`],
        ...['--header', `authorization: Bearer ${service.operator.token}`],
        ...['--header', 'content-type: application/json', '--data-binary', `@${file}`],
      ]);
      const [body = '', status = ''] = output.split(/\n(?=\d+$)/);
      return { status: Number(status), body: JSON.parse(body) as Record<string, unknown> };
    };

    const found = async (name: string): Promise<void> => {
      const request = { name, ownerKeys: [chain.ownerKey], ownerThreshold: 1 };
      expect((await service.operator.post('/chains', request)).status).toBe(201);
      expect((await curl(`/layouts?chain=${name}`, chain.layout)).status).toBe(201);
    };

    it('end in pass', async () => {
      await found('acme/honest');
      for (const file of Object.values(chain.links)) {
        const { status, body } = await curl('/links?chain=acme/honest&run=1', file);
        expect([status, body.container]).toEqual([201, reference.dsse ? 'dsse' : 'metablock']);
      }
      await service.operator.waitForVerdict(chain.subject, 'pass', 'acme/honest');
    });

    it('never end in pass when one byte of one of them was changed', async () => {
      await found('acme/altered');
      const random = randomFrom(reference.title);
      const files = Object.values(chain.links);
      for (let run = 1; run <= 15; run += 1) {
        const victim = random.pick(files);
        const copy = join(service.dataDir, 'altered.link');
        await writeFile(copy, altered(await readFile(victim), random));
        for (const file of files) {
          const query = `chain=acme/altered&run=${run}&subject=${chain.subject}`;
          const { status } = await curl(`/links?${query}`, file === victim ? copy : file);
          expect(status).toBeLessThan(500);
        }
      }
      const marksLeft = () => service.query('select 1 from verification_mark');
      await expect.poll(async () => (await marksLeft()).length, { timeout: 20_000 }).toBe(0);
      const { body } = await service.operator.verdict(chain.subject, 'acme/altered');
      expect(['fail', 'pending']).toContain(body.verdict);
    });
  });
}

/** Another digit in one of the digests, key ids and signatures of the file, or in what an envelope carries. */
function altered(file: Buffer, random: Random): Buffer {
  const text = file.toString('latin1');
  const value = random.pick([...text.matchAll(/[0-9a-f]{64,}|[A-Za-z0-9+/]{80,}/g)]);
  const at = value.index + random.below(value[0].length - 2);
  return Buffer.from(text.slice(0, at) + (text[at] === '0' ? '1' : '0') + text.slice(at + 1), 'latin1');
}
