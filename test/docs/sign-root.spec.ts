import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectStatus } from '../support/client.js';
import { execute } from '../support/execute.js';
import { type Service, startService } from '../support/service.js';
import { readText } from './documents.js';

/** The first block of that language in the document. */
function block(language: string): string {
  const [, text = ''] = readText('docs/trust-roots.md').split(`\n\`\`\`${language}\n`);
  return text.split('\n```\n')[0] ?? '';
}

describe('a trust root made as docs/trust-roots.md shows it', () => {
  let service: Service;
  let directory: string;
  const people = new Map(['alice', 'bob', 'carol'].map((name) => [name, generateKeyPairSync('ed25519')]));
  const pem = (name: string): string => {
    const person = people.get(name);
    if (!person) throw new Error(`${name} is not in the example`);
    return person.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  };

  beforeAll(async () => {
    service = await startService();
    directory = await mkdtemp(join(tmpdir(), 'custody-test-sign-root-'));
  });

  afterAll(async () => {
    await service.stop();
    await rm(directory, { recursive: true, force: true });
  });

  it('is taken', async () => {
    const owners = ['alice', 'bob'].map((owner) => ({ owner, key: pem(owner) }));
    const chain = { name: 'acme/web', ownerThreshold: 2, owners };
    expectStatus(await service.operator.post('/chains', chain), 201);

    const root = JSON.parse(block('json'));
    root.owners = root.owners.map(({ owner }: { owner: string }) => ({ owner, key: pem(owner) }));
    await writeFile(join(directory, 'root.json'), JSON.stringify(root, null, 2));
    await writeFile(join(directory, 'sign-root.mjs'), block('js'));
    for (const [name, { privateKey }] of people) {
      await writeFile(join(directory, `${name}.pem`), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    }
    const [, command = ''] = /^\/\/ node (.*) > root\.dsse$/m.exec(block('js')) ?? [];
    const envelope = await execute(process.execPath, command.split(' '), { cwd: directory });

    const posted = await service.operator.post('/roots?chain=acme/web&reason=Carol+follows+Bob', envelope);
    expect([posted.status, posted.body.version]).toEqual([201, 2]);
  });
});
