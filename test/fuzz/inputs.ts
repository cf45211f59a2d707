import type { JsonObject } from '#in-toto/index.js';
import { createGpgKey } from '../support/gpg-keys.js';
import { mutateBytes, mutateJson } from '../support/mutate.js';
import type { Random } from '../support/random.js';
import {
  createKey,
  layout,
  link,
  linkFileName,
  type SigningKey,
  signDsse,
  signMetablock,
} from '../support/supply-chain.js';

/** A supply chain's files by name, the layout as `root.layout` and the owner's public key as `owner.pub`. */
export type Files = ReadonlyMap<string, Uint8Array>;

export interface DamagedFiles {
  readonly files: Files;
  readonly victim: string;
}

/** A file, and what it takes to make it anew with another payload. */
interface Draft {
  readonly file: Uint8Array;
  readonly name: string;
  readonly payload: JsonObject;
  readonly signer: SigningKey;
  readonly sign: typeof signMetablock;
}

/** Sound files of every kind, from which the damaged ones are made: GPG keys with subkeys, RSA, ECDSA, a sublayout, parameters. */
export function soundDrafts(): readonly Draft[] {
  const subkey = createGpgKey('eddsa');
  const owner = createGpgKey('rsa', { subkeys: [createGpgKey('rsa')] });
  const alice = createGpgKey('eddsa', { subkeys: [subkey] });
  const bob = createKey('ecdsa-p384');
  const carol = createKey('rsa', { style: '1.x' });
  const dave = createKey('ed25519', { seed: 'dave' });
  const products = { 'src/a': 'a', 'é\\b': 'b', constructor: 'c' };
  const inner = layout().step('inner', { by: carol, products: ['ALLOW *'] });
  const outer = layout()
    .step('clone', { by: alice, products: ['CREATE src/*', 'ALLOW *'] })
    .step('build', {
      by: bob,
      materials: ['MATCH * IN src WITH PRODUCTS IN {DIR} FROM clone', 'ALLOW [!x]*'],
    })
    .step('test', {
      by: [dave, carol],
      threshold: 2,
      materials: ['MATCH * WITH PRODUCTS FROM build', 'DISALLOW *'],
    })
    .inspect('look', { run: 'true', materials: ['MATCH * WITH PRODUCTS FROM build'] });
  const build = linkFileName('build', bob);
  const nested = `${build.replace(/\.link$/, '')}/${linkFileName('inner', carol)}`;
  const test = link('test', { materials: products });
  const drafts = [
    { name: 'root.layout', payload: outer.toPayload(), signer: owner, sign: signMetablock },
    {
      name: linkFileName('clone', alice),
      payload: link('clone', { products }),
      signer: subkey,
      sign: signMetablock,
    },
    { name: build, payload: inner.toPayload(), signer: bob, sign: signDsse },
    { name: nested, payload: link('inner', { products }), signer: carol, sign: signMetablock },
    { name: linkFileName('test', dave), payload: test, signer: dave, sign: signDsse },
    { name: linkFileName('test', carol), payload: test, signer: carol, sign: signMetablock },
  ];
  return drafts.map((draft) => ({ ...draft, file: draft.sign(draft.payload, draft.signer) }));
}

/** Signed files with damage done before signing, so that it gets past the signatures, or after, or to the owner's key. */
export function damagedFiles(drafts: readonly Draft[], random: Random): DamagedFiles {
  const files = new Map(drafts.map(({ name, file }) => [name, file]));
  const owner = drafts.find(({ name }) => name === 'root.layout')?.signer.publicKey ?? {};
  files.set('owner.pub', Buffer.from(JSON.stringify(owner)));
  const draft = random.one(drafts);
  const victim = draft === undefined || random.chance(0.1) ? 'owner.pub' : draft.name;
  if (draft?.name === victim && random.chance(0.6)) files.set(victim, signDamaged(draft, random));
  else files.set(victim, damagedOften(files.get(victim) ?? Buffer.of(), random));
  return { files, victim };
}

/** The signature fits if the damaged payload is still one that can be signed. */
function signDamaged({ payload, signer, sign }: Draft, random: Random): Uint8Array {
  const changed = damagedOften(Buffer.from(JSON.stringify(payload)), random);
  const value = parsed(changed);
  try {
    return value === undefined ? changed : sign(value, signer);
  } catch {
    return changed;
  }
}

function damagedOften(bytes: Uint8Array, random: Random): Uint8Array {
  let current = bytes;
  for (const _ of [0, ...random.some(3, () => 0)]) {
    const damage = random.pick([
      mutateBytes,
      mutateStructure,
      mutateStructure,
      mutateStructure,
      mutatePayload,
      blowUp,
    ]);
    current = damage(current, random);
  }
  return current;
}

function mutateStructure(bytes: Uint8Array, random: Random): Uint8Array {
  const value = parsed(bytes);
  return value === undefined
    ? mutateBytes(bytes, random)
    : Buffer.from(JSON.stringify(mutateJson(value, random)));
}

/** Inside the base64 of an envelope. */
function mutatePayload(bytes: Uint8Array, random: Random): Uint8Array {
  const value = parsed(bytes);
  if (typeof value?.payload !== 'string') return mutateStructure(bytes, random);
  const payload = Buffer.from(value.payload, 'base64');
  const changed = random.chance(0.5) ? mutateBytes(payload, random) : mutateStructure(payload, random);
  return Buffer.from(JSON.stringify({ ...value, payload: Buffer.from(changed).toString('base64') }));
}

const LARGE = 20_000;

/** Much of something: depth, length, wildcards, members, digits. */
function blowUp(bytes: Uint8Array, random: Random): Uint8Array {
  const text = Buffer.from(bytes).toString('latin1');
  const values = [...text.matchAll(/"[^"\\]*"|\[[^[\]]*\]|\{[^{}]*\}/g)];
  const match = random.one(values);
  if (!match) return bytes;
  const rest = text.slice(match.index + match[0].length);
  return Buffer.from(text.slice(0, match.index) + random.pick(MUCH)() + rest, 'latin1');
}

const MUCH: readonly [() => string, ...(() => string)[]] = [
  () => '['.repeat(LARGE) + ']'.repeat(LARGE),
  () => `${'{"a":'.repeat(LARGE)}1${'}'.repeat(LARGE)}`,
  () => '['.repeat(LARGE),
  () => '['.repeat(150) + ']'.repeat(150),
  () => `"${'*'.repeat(LARGE)}"`,
  () => `"${'*a'.repeat(200)}"`,
  () => `"${'[a-'.repeat(2000)}"`,
  () => `"${'../'.repeat(2000)}"`,
  () => `"${'a'.repeat(LARGE)}"`,
  () => `[${'["ALLOW","*a*a*a*a*b"],'.repeat(500)}["DISALLOW","*"]]`,
  () => `["MATCH","${'*a'.repeat(50)}b","WITH","PRODUCTS","FROM","clone"]`,
  () =>
    `{${Array.from({ length: 5000 }, (_, i) => `"${'a'.repeat(i % 50)}${i}":{"sha256":"ab"}`).join(',')}}`,
  () => `[${'"ab",'.repeat(5000)}"cd"]`,
  () => '9'.repeat(LARGE),
  () => `-${'1'.repeat(4000)}`,
  () => `"-----BEGIN PUBLIC KEY-----${'\\n'.repeat(LARGE)}"`,
  () => `"${'\\u0000'.repeat(2000)}"`,
  () => `"${'{X}'.repeat(2000)}"`,
];

/** Not what is nested too deeply for a program to write it again. */
function parsed(bytes: Uint8Array) {
  try {
    const value = JSON.parse(Buffer.from(bytes).toString());
    JSON.stringify(value);
    return value;
  } catch {
    return undefined;
  }
}
