import type { JsonArray, JsonObject, JsonValue } from '../json/value.js';
import { type Artifacts, readArtifacts } from './artifacts.js';
import { arrayMember, hasExactly, memberOr, objectMember, refuseSelf } from './fields.js';

/** in-toto 1.0 §4.4: the evidence of one step. */
export interface Link {
  readonly type: 'link';
  /** Unchecked, like the reference: normally the step's name, but any JSON value loads. */
  readonly name: JsonValue;
  readonly materials: Artifacts;
  readonly products: Artifacts;
  readonly byproducts: JsonObject;
  readonly command: JsonArray;
  readonly environment: JsonObject;
}

export function readLink(data: JsonObject): Link {
  refuseSelf(data);
  return {
    type: 'link',
    name: memberOr(data, 'name', null),
    materials: readArtifacts(memberOr(data, 'materials', {}), 'materials'),
    products: readArtifacts(memberOr(data, 'products', {}), 'products'),
    byproducts: objectMember(data, 'byproducts'),
    command: arrayMember(data, 'command'),
    environment: objectMember(data, 'environment'),
  };
}

/** The object whose canonical form a Metablock's signatures cover: known members only, absent ones filled in. */
export function linkAsJson(link: Link): JsonObject {
  const { type, ...members } = link;
  return { _type: type, ...members };
}

const MEMBERS = ['_type', 'name', 'materials', 'products', 'byproducts', 'command', 'environment'];

/** Whether that object is the one that was read. */
export function isCompleteLink(data: JsonObject): boolean {
  return data._type === 'link' && hasExactly(data, MEMBERS);
}
