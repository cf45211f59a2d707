import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { readSigningKey } from '../../apps/custody/keys/signing-key.js';
import { type Contents, link, linkFileName, type SigningKey, signMetablock } from './supply-chain.js';

/*
 * What in-toto-run does with these options, for machines without it: records what is there, runs the command, records
 * again, and signs.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    'step-name': { type: 'string', default: '' },
    'signing-key': { type: 'string', default: '' },
    materials: { type: 'string', multiple: true, default: [] },
    products: { type: 'string', multiple: true, default: [] },
  },
});

const { publicKey, sign } = await readSigningKey(values['signing-key']);
const key: SigningKey = { keyid: publicKey.keyid, publicKey: publicKey.raw, sign };
const materials = contents(values.materials);
const [command = 'true', ...args] = positionals;
const { status } = spawnSync(command, args, { stdio: 'inherit' });
if (status !== 0) process.exit(1);
const step = values['step-name'];
const story = { materials, products: contents(values.products), command: positionals.join(' ') };
writeFileSync(linkFileName(step, key), signMetablock(link(step, story), key));

function contents(paths: readonly string[]): Contents {
  return Object.fromEntries(paths.map((path) => [path, readFileSync(path)]));
}
