import { createHash } from 'node:crypto';
import { canonicalJson } from '#in-toto/json/canonical-json.js';
import type { JsonArray, JsonObject } from '#in-toto/json/value.js';
import { pythonJson } from './python-json.js';
import type { SigningKey } from './supply-chain-keys.js';

export { createKey, type KeyKind, type KeyOptions, type SigningKey } from './supply-chain-keys.js';

/** File contents by path; what counts is their SHA-256. */
export type Contents = Readonly<Record<string, string | Uint8Array>>;

/** `MATCH src/* WITH PRODUCTS FROM clone`, or its words in a list where a path has spaces. */
export type Rule = string | readonly string[];

export interface StepStory {
  /** Who may sign the links of the step. */
  readonly by: SigningKey | readonly SigningKey[];
  /** How many of them must. */
  readonly threshold?: number;
  readonly command?: string;
  readonly materials?: readonly Rule[];
  readonly products?: readonly Rule[];
}

export interface InspectionStory {
  readonly run: string;
  readonly materials?: readonly Rule[];
  readonly products?: readonly Rule[];
}

export interface LinkStory {
  readonly materials?: Contents;
  readonly products?: Contents;
  readonly command?: string;
  readonly byproducts?: JsonObject;
  readonly environment?: JsonObject;
}

/** Starts a layout: `layout().step('clone', {…}).step('build', {…}).toPayload()`. */
export function layout({ expires = '2099-12-31T23:59:59Z', readme = '' } = {}): LayoutBuilder {
  return new LayoutBuilder(expires, readme);
}

export class LayoutBuilder {
  private readonly steps: JsonObject[] = [];
  private readonly inspections: JsonObject[] = [];
  private readonly keys = new Map<string, JsonObject>();

  constructor(
    private readonly expires: string,
    private readonly readme: string,
  ) {}

  step(name: string, story: StepStory): this {
    const functionaries = [story.by].flat();
    for (const key of functionaries) this.keys.set(key.keyid, key.publicKey);
    this.steps.push({
      _type: 'step',
      name,
      pubkeys: functionaries.map((key) => key.keyid),
      threshold: story.threshold ?? 1,
      expected_command: words(story.command ?? ''),
      expected_materials: rules(story.materials),
      expected_products: rules(story.products),
    });
    return this;
  }

  inspect(name: string, story: InspectionStory): this {
    this.inspections.push({
      _type: 'inspection',
      name,
      run: words(story.run),
      expected_materials: rules(story.materials),
      expected_products: rules(story.products),
    });
    return this;
  }

  toPayload(): JsonObject {
    return {
      _type: 'layout',
      expires: this.expires,
      readme: this.readme,
      keys: Object.fromEntries(this.keys),
      steps: this.steps,
      inspect: this.inspections,
    };
  }
}

/** What a functionary saw and made in one step. */
export function link(step: string, story: LinkStory = {}): JsonObject {
  return {
    _type: 'link',
    name: step,
    command: words(story.command ?? ''),
    materials: artifacts(story.materials),
    products: artifacts(story.products),
    byproducts: story.byproducts ?? { 'return-value': 0, stderr: '', stdout: '' },
    environment: story.environment ?? {},
  };
}

/** `{path: {sha256}}` of the given file contents. */
export function artifacts(contents: Contents = {}): JsonObject {
  return Object.fromEntries(
    Object.entries(contents).map(([path, content]) => [path, { sha256: sha256Hex(content) }]),
  );
}

export function sha256Hex(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** A file in in-toto's own container, byte for byte as its tools write it: signed over canonical JSON. */
export function signMetablock(payload: JsonObject, keys: SigningKey | readonly SigningKey[]): Buffer {
  const message = canonicalJson(payload);
  const signatures = [keys].flat().map((key) => metablockSignature(key, message));
  return Buffer.from(pythonJson({ signatures, signed: payload }, 1));
}

/** A Metablock around any text, with signatures over any message. */
export function metablockOf(text: Uint8Array, message: Uint8Array, keys: readonly SigningKey[]): Buffer {
  const signatures = pythonJson(keys.map((key) => metablockSignature(key, message)));
  return Buffer.concat([Buffer.from(`{"signatures": ${signatures}, "signed": `), text, Buffer.from('}')]);
}

function metablockSignature(key: SigningKey, message: Uint8Array): JsonObject {
  return key.metablockSignature?.(message) ?? { keyid: key.keyid, sig: hex(key.sign(message)) };
}

/** A file in a DSSE envelope, byte for byte as the in-toto tools write it: signed over the payload's bytes. */
export function signDsse(payload: JsonObject, keys: SigningKey | readonly SigningKey[]): Buffer {
  return signDssePayload(Buffer.from(pythonJson(payload)), keys);
}

export function signDssePayload(
  payload: Uint8Array,
  keys: SigningKey | readonly SigningKey[],
  payloadType = 'application/vnd.in-toto+json',
): Buffer {
  const preamble = `DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payload.length} `;
  const message = Buffer.concat([Buffer.from(preamble), payload]);
  const signatures = [keys].flat().map((key) => ({ keyid: key.keyid, sig: base64(key.sign(message)) }));
  return Buffer.from(pythonJson({ payload: base64(payload), payloadType, signatures }));
}

/** The name under which a step's link of this key is looked up. */
export function linkFileName(step: string, key: SigningKey): string {
  return `${sublayoutDirectory(step, key)}.link`;
}

/** The directory of a sublayout's links, beside the sublayout itself. */
export function sublayoutDirectory(step: string, key: SigningKey): string {
  return `${step}.${key.keyid.slice(0, 8)}`;
}

function rules(stories: readonly Rule[] = []): JsonArray {
  return stories.map((rule) => (typeof rule === 'string' ? words(rule) : rule));
}

function words(text: string): string[] {
  return text.split(' ').filter((word) => word !== '');
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
