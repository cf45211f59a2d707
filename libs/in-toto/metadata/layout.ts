import { isArray, isObject, isString, type JsonObject, type JsonValue, member } from '../json/value.js';
import { type PublicKey, parsePublicKey } from '../keys/public-key.js';
import { isHex } from './artifacts.js';
import { type Expires, readExpires } from './expires.js';
import { hasExactly, invalid, memberOr, objectMember, refuseSelf } from './fields.js';
import {
  type Inspection,
  inspectionAsJson,
  isCompleteInspection,
  isCompleteStep,
  readInspection,
  readStep,
  type Step,
  stepAsJson,
} from './items.js';

/** in-toto 1.0 §4.3: the steps of a supply chain, who may perform them, and the rules for what they use and make. */
export interface Layout {
  readonly type: 'layout';
  readonly steps: readonly Step[];
  readonly inspect: readonly Inspection[];
  /** Functionaries' keys by the id that `pubkeys` and file names use. The key's inner `keyid` may differ. */
  readonly keys: ReadonlyMap<string, PublicKey>;
  readonly expires: Expires;
  readonly readme: string;
  /** The object as it was read, with members that verification ignores. */
  readonly raw: JsonObject;
}

export function readLayout(data: JsonObject): Layout {
  const steps = readItems(data, 'steps', readStep);
  const inspect = readItems(data, 'inspect', readInspection);
  refuseSelf(data);
  refuseDuplicateNames([...steps, ...inspect]);
  const readme = memberOr(data, 'readme', '');
  if (!isString(readme)) throw invalid('"readme" is a string');
  return {
    type: 'layout',
    steps,
    inspect,
    keys: readKeys(objectMember(data, 'keys')),
    expires: readExpires(member(data, 'expires')),
    readme,
    raw: data,
  };
}

/** The object whose canonical form a Metablock's signatures cover: known members only, absent ones filled in. */
export function layoutAsJson(layout: Layout): JsonObject {
  return {
    _type: 'layout',
    steps: layout.steps.map(stepAsJson),
    inspect: layout.inspect.map(inspectionAsJson),
    keys: objectMember(layout.raw, 'keys'),
    expires: memberOr(layout.raw, 'expires', null),
    readme: layout.readme,
  };
}

const MEMBERS = ['_type', 'steps', 'inspect', 'keys', 'expires', 'readme'];

/** Whether that object is the one that was read. */
export function isCompleteLayout({ raw, steps, inspect }: Layout): boolean {
  return (
    hasExactly(raw, MEMBERS) &&
    isArray(raw.steps) &&
    isArray(raw.inspect) &&
    steps.every(isCompleteStep) &&
    inspect.every(isCompleteInspection)
  );
}

/** `steps` and `inspect` must be there. The reference only iterates over them, so that "" and {} count as empty lists. */
function readItems<Item>(data: JsonObject, field: string, read: (item: JsonObject) => Item): Item[] {
  const items = member(data, field);
  if (items === '' || (isObject(items) && Object.keys(items).length === 0)) return [];
  if (!isArray(items)) throw invalid(`"${field}" is a list`);
  return items.map((item) => {
    if (!isObject(item)) throw invalid(`"${field}" is a list of objects`);
    return read(item);
  });
}

function readKeys(keys: JsonObject): ReadonlyMap<string, PublicKey> {
  return new Map(
    Object.entries(keys).map(([keyid, key]) => {
      if (!isHex(keyid)) throw invalid(`"keys" holds keys by hexadecimal id, not "${keyid}"`);
      return [keyid, parsePublicKey(key)];
    }),
  );
}

/** in-toto 1.0 §4.3.1: names of steps and inspections are unique within a layout. */
function refuseDuplicateNames(items: readonly { rawName: JsonValue; name: string }[]): void {
  const seen = new Set<string>();
  for (const { rawName, name } of items) {
    const key = `${isString(rawName) ? 'string' : 'other'}:${isPythonInteger(rawName) ? Number(rawName) : name}`;
    if (seen.has(key)) throw invalid(`there are two steps or inspections named "${name}"`);
    seen.add(key);
  }
}

/** In Python `True == 1`, also as names. */
function isPythonInteger(value: JsonValue): value is number | boolean {
  return typeof value === 'boolean' || typeof value === 'number';
}
