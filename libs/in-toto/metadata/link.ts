import { isObject, type JsonArray, type JsonObject, type JsonValue, member } from '../json/value.js';
import { type Artifacts, readArtifacts } from './artifacts.js';
import { arrayMember, memberOr, objectMember, refuseSelf } from './fields.js';

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

/** Whether an object has exactly the members of a link, so that nothing is dropped or filled in. */
export function hasAllLinkMembers(data: JsonValue): boolean {
  return (
    isObject(data) &&
    member(data, '_type') === 'link' &&
    Object.keys(data).length === MEMBERS.length &&
    MEMBERS.every((name) => Object.hasOwn(data, name))
  );
}
