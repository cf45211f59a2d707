import { decodeBase64 } from '../dsse/base64.js';
import { parseJson } from '../json/parse-json.js';
import { isObject, isString, type JsonObject, type JsonValue, member } from '../json/value.js';
import { refuse, type StrictIssue, someOf, warn } from './issues.js';
import { scanMembers } from './scan-members.js';

/** Checks of the text itself, a DSSE payload within it included: what a parsed file no longer shows. */
export function checkText(bytes: Uint8Array): StrictIssue[] {
  const file = parseJson(bytes);
  const payload = isObject(file) ? member(file, 'payload') : undefined;
  const issues = textIssues(bytes, '');
  if (isString(payload)) return [...issues, ...textIssues(decodeBase64(payload), 'payload/')];
  return [...issues, ...unsignedMembers(file)];
}

function textIssues(text: Uint8Array, prefix: string): StrictIssue[] {
  const { duplicates, floats } = scanMembers(text);
  return [
    ...duplicates.map((path) =>
      refuse('DUPLICATE_MEMBER', prefix + path, 'Leave only one of the members and sign again.'),
    ),
    ...floats.map((path) => refuse('FLOAT', prefix + path, 'Write an integer or a string and sign again.')),
  ];
}

const SIGNED_MEMBERS: Readonly<Record<string, readonly string[]>> = {
  link: ['_type', 'name', 'materials', 'products', 'byproducts', 'command', 'environment'],
  layout: ['_type', 'steps', 'inspect', 'keys', 'expires', 'readme'],
  step: [
    '_type',
    'name',
    'expected_materials',
    'expected_products',
    'pubkeys',
    'expected_command',
    'threshold',
  ],
  inspection: ['_type', 'name', 'expected_materials', 'expected_products', 'run'],
};

/**
 * Signatures of a Metablock cover the known members of links, layouts, steps and inspections (in-toto 1.0, 4.2). Others
 * can be added to a signed file by anyone.
 */
function unsignedMembers(file: JsonValue): StrictIssue[] {
  const signed = isObject(file) ? member(file, 'signed') : undefined;
  if (!isObject(signed)) return [];
  const type = member(signed, '_type') === 'link' ? 'link' : 'layout';
  return [
    ...unknownMembers(signed, type, 'signed'),
    ...itemsOf(signed, 'steps').flatMap((step, i) => unknownMembers(step, 'step', `signed/steps/${i}`)),
    ...itemsOf(signed, 'inspect').flatMap((item, i) =>
      unknownMembers(item, 'inspection', `signed/inspect/${i}`),
    ),
  ];
}

function unknownMembers(value: JsonValue, type: string, where: string): StrictIssue[] {
  if (!isObject(value)) return [];
  const unknown = Object.keys(value).filter((name) => !SIGNED_MEMBERS[type]?.includes(name));
  if (unknown.length === 0) return [];
  return [
    warn(
      'UNSIGNED_MEMBER',
      where,
      'Trust nothing that they say, or let the file be signed without them.',
      someOf(unknown),
    ),
  ];
}

function itemsOf(signed: JsonObject, name: string): readonly JsonValue[] {
  const items = member(signed, name);
  return Array.isArray(items) ? items : [];
}
