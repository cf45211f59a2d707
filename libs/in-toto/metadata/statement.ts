import {
  isArray,
  isObject,
  isString,
  type JsonArray,
  type JsonObject,
  type JsonValue,
  member,
} from '../json/value.js';
import { invalid } from './fields.js';
import { type Link, readLink } from './link.js';

const STATEMENTS = ['https://in-toto.io/Statement/v0.1', 'https://in-toto.io/Statement/v1'];
const LINK_PREDICATE = 'https://in-toto.io/attestation/link/v0.3';

/**
 * An in-toto Statement (v0.1 or v1) with the link predicate v0.3, read as the link it says the same as: its subjects are
 * the products. Undefined when the payload is no Statement at all; throws METADATA_INVALID for one of another predicate.
 */
export function statementAsLink(data: JsonValue): Link | undefined {
  if (!isObject(data) || !STATEMENTS.includes(textMember(data, '_type'))) return undefined;
  const predicateType = textMember(data, 'predicateType');
  if (predicateType !== LINK_PREDICATE) {
    throw invalid(`a Statement counts as a link with the predicate ${LINK_PREDICATE}, not ${predicateType}`);
  }
  const predicate = member(data, 'predicate');
  if (!isObject(predicate)) throw invalid('"predicate" is an object');
  return readLink({
    _type: 'link',
    name: member(predicate, 'name') ?? null,
    command: member(predicate, 'command') ?? [],
    materials: descriptors(member(predicate, 'materials'), 'materials'),
    products: descriptors(member(data, 'subject'), 'subject'),
    byproducts: member(predicate, 'byproducts') ?? {},
    environment: member(predicate, 'environment') ?? {},
  });
}

/** Resource descriptors as artifacts: `name` (or `uri`) is the path, and there must not be two of one path. */
function descriptors(value: JsonValue | undefined, field: string): JsonObject {
  if (value === undefined || value === null) return {};
  if (!isArray(value)) throw invalid(`"${field}" is a list`);
  const artifacts = (value as JsonArray).map((entry): [string, JsonValue] => {
    if (!isObject(entry)) throw invalid(`"${field}" is a list of objects`);
    const path = textMember(entry, 'name') || textMember(entry, 'uri');
    const digest = member(entry, 'digest');
    if (path === '' || !isObject(digest)) throw invalid(`an entry of "${field}" has a name and a digest`);
    return [path, digest];
  });
  const unique = new Map(artifacts);
  if (unique.size !== artifacts.length) throw invalid(`"${field}" names an artifact twice`);
  return Object.fromEntries(unique);
}

function textMember(data: JsonObject, name: string): string {
  const value = member(data, name);
  return isString(value) ? value : '';
}
