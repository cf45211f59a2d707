import { type JsonObject, type JsonValue, parseMetadata } from '#in-toto/index.js';
import { isArray, isObject } from '#in-toto/json/value.js';
import type { VectorLink } from '../conformance/vector.js';
import { mutateBytes, mutateJson } from '../support/mutate.js';
import { pythonJson } from '../support/python-json.js';
import type { Random } from '../support/random.js';
import {
  linkFileName,
  metablockOf,
  type SigningKey,
  signDssePayload,
  sublayoutDirectory,
} from '../support/supply-chain.js';
import type { Case } from './reference.js';
import { randomItemRules } from './rules.js';
import * as world from './world.js';

/** A verification that may pass or fail in any of many ways. Most parts are sound, so that deep checks are reached too. */
export function generateCase(name: string, keys: world.Keys, random: Random): Case {
  return new Generator(keys, random).case(name);
}

/** Each part goes wrong by chance, independently of the others. */
class Generator {
  private readonly hasPlaceholders: boolean;
  /** How likely a file is damaged before signing, and after it. */
  private readonly damage: number;

  constructor(
    private readonly keys: world.Keys,
    private readonly random: Random,
  ) {
    this.hasPlaceholders = random.chance(0.1);
    this.damage = random.pick([0.01, 0.01, 0.03, 0.3]);
  }

  case(name: string): Case {
    const { random } = this;
    const owners = random.chance(0.8) ? [this.key()] : [this.key(), this.key()];
    const links: VectorLink[] = [];
    const layout = this.layout(links, '', 0);
    const signers = random.chance(0.95) ? owners : owners.slice(1);
    const usesParameters = this.hasPlaceholders ? random.chance(0.9) : random.chance(0.05);
    return {
      name,
      category: 'differential',
      ...asLayoutFile(this.file(layout, signers)),
      layout_keys: this.layoutKeys(owners),
      links,
      parameters: usesParameters ? random.pick(world.PARAMETERS) : null,
      needs_inspection: false,
    };
  }

  private key(): SigningKey {
    return this.random.pick(this.random.chance(0.95) ? this.keys.sound : this.keys.odd);
  }

  private layoutKeys(owners: readonly SigningKey[]): JsonObject {
    const { random } = this;
    return Object.fromEntries(
      owners.map(({ keyid, publicKey }) => [
        keyid,
        random.chance(0.98) ? publicKey : mutateJson(publicKey, random),
      ]),
    );
  }

  /** Writes the links of its steps into `links`. */
  private layout(links: VectorLink[], directory: string, depth: number): JsonObject {
    const { random } = this;
    const names = this.stepNames();
    const functionaries = [this.key(), ...random.some(2, () => this.key())];
    const artifacts = this.artifacts();
    const steps = names.map((name, i) => {
      const before = names.slice(0, i).map(String);
      const allowed = this.allowed(functionaries);
      this.links(links, directory, depth, name, allowed, artifacts);
      return {
        _type: 'step',
        name,
        pubkeys: allowed.map((key) => key.keyid),
        threshold: random.chance(0.97)
          ? 1 + random.int(allowed.length) * random.int(2)
          : random.pick(world.THRESHOLDS),
        expected_command: random.chance(0.9)
          ? ['make']
          : [this.hasPlaceholders ? random.pick(world.PLACEHOLDERS) : 'other'],
        ...randomItemRules(before, names.map(String), this.hasPlaceholders, random),
      };
    });
    const held = random.chance(0.97) ? functionaries : functionaries.slice(1);
    return {
      _type: 'layout',
      expires: random.chance(0.96) ? '2099-01-01T00:00:00Z' : random.pick(world.EXPIRIES),
      readme: random.chance(0.9) ? '' : 'Liesmich: ä "\\ \u{1f600}\n',
      keys: Object.fromEntries(held.map((key) => [key.keyid, key.publicKey])),
      steps,
      inspect: [],
    };
  }

  private allowed(functionaries: readonly SigningKey[]): SigningKey[] {
    const { random } = this;
    if (random.chance(0.03)) return random.some(3, () => random.one(functionaries) ?? this.key());
    const some = random.subset([...new Set(functionaries)], 0.5);
    return some.length > 0 ? some : functionaries.slice(0, 1);
  }

  private stepNames(): JsonValue[] {
    const { random } = this;
    const names = [0, ...random.some(3, () => 0)].map(() =>
      random.chance(0.98) ? random.pick(world.STEP_NAMES) : random.pick(world.ODD_STEP_NAMES),
    );
    return random.chance(0.97) ? [...new Set(names)] : names;
  }

  private links(
    links: VectorLink[],
    directory: string,
    depth: number,
    name: JsonValue,
    allowed: readonly SigningKey[],
    artifacts: JsonObject,
  ): void {
    const { random } = this;
    const content = { materials: this.changed(artifacts), products: this.changed(artifacts) };
    for (const key of new Set(allowed)) {
      if (random.chance(0.03)) continue;
      const signer = random.chance(0.96) ? key : this.key();
      const filename = directory + linkFileName(String(name), random.chance(0.98) ? key : this.key());
      if (random.chance(0.08) && depth < 2) {
        const below = `${directory}${sublayoutDirectory(String(name), key)}/`;
        links.push({ filename, ...asContent(this.file(this.layout(links, below, depth + 1), [signer])) });
      } else {
        const { materials, products } = random.chance(0.93)
          ? content
          : { materials: this.changed(artifacts), products: artifacts };
        links.push({ filename, ...asContent(this.file(this.link(name, materials, products), [signer])) });
      }
    }
  }

  private link(name: JsonValue, materials: JsonObject, products: JsonObject): JsonObject {
    const { random } = this;
    return {
      _type: 'link',
      name: random.chance(0.97) ? name : 'other',
      command: random.chance(0.9) ? ['make'] : ['make', 7, null],
      materials,
      products,
      byproducts: random.chance(0.8) ? { 'return-value': 0 } : { stdout: 'ä"\\\u{1f600}' },
      // No part of a summary, which goes through JSON.parse
      environment: random.chance(0.9) ? {} : { count: 2n ** 70n },
    };
  }

  private artifacts(): JsonObject {
    const { random } = this;
    return Object.fromEntries(random.some(6, () => [random.pick(world.PATHS), random.pick(world.HASHES)]));
  }

  /** Much the same artifacts. */
  private changed(artifacts: JsonObject): JsonObject {
    const { random } = this;
    if (random.chance(0.4)) return artifacts;
    return Object.fromEntries([
      ...random.subset(Object.entries(artifacts), 0.85),
      ...Object.entries(random.chance(0.5) ? this.artifacts() : {}),
    ]);
  }

  /** The signed file. Damage comes to the value or its text before signing, to the value or the bytes after it. */
  private file(sound: JsonObject, signers: readonly SigningKey[]): Buffer {
    const { random } = this;
    const payload = random.chance(this.damage) ? mutateJson(sound, random) : sound;
    const written = Buffer.from(random.chance(0.7) ? pythonJson(payload) : shuffledJson(payload, random));
    const text = random.chance(this.damage) ? mutateBytes(written, random) : written;
    const isGpg = signers.some((key) => key.metablockSignature);
    const file = random.chance(isGpg ? 0.98 : 0.6)
      ? metablockOf(text, signedBytes(text), signers)
      : signDssePayload(text, signers);
    if (!random.chance(this.damage)) return file;
    return random.chance(0.5) ? mutateBytes(file, random) : mutateFile(file, random);
  }
}

/** Over what verification will look at: a damaged payload would otherwise always fail its signature. */
function signedBytes(text: Uint8Array): Uint8Array {
  try {
    return parseMetadata(metablockOf(text, new Uint8Array(), [])).signedBytes;
  } catch {
    return new Uint8Array();
  }
}

/** The tools write members sorted, and whoever reads a file must not rely on it. */
function shuffledJson(value: JsonValue, random: Random): string {
  if (isArray(value)) return `[${value.map((element) => shuffledJson(element, random)).join(', ')}]`;
  if (isObject(value)) {
    const members = Object.entries(value).map(([name, member]) => {
      return { place: random.next(), text: `${JSON.stringify(name)}: ${shuffledJson(member, random)}` };
    });
    members.sort((a, b) => a.place - b.place);
    return `{${members.map(({ text }) => text).join(', ')}}`;
  }
  return typeof value === 'bigint' ? String(value) : JSON.stringify(value);
}

function mutateFile(file: Buffer, random: Random): Buffer {
  try {
    return Buffer.from(JSON.stringify(mutateJson(JSON.parse(file.toString()), random)));
  } catch {
    return file;
  }
}

function asContent(file: Buffer): { content: string } | { content_base64: string } {
  const text = file.toString();
  return Buffer.from(text).equals(file) ? { content: text } : { content_base64: file.toString('base64') };
}

function asLayoutFile(file: Buffer): { layout: string } | { layout_base64: string } {
  const text = file.toString();
  return Buffer.from(text).equals(file) ? { layout: text } : { layout_base64: file.toString('base64') };
}
