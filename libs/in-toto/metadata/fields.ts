import { InTotoError } from '../errors.js';
import { isArray, isObject, type JsonArray, type JsonObject, type JsonValue, member } from '../json/value.js';

/** A member, or what the reference puts in when it is absent. `null` is not absent. */
export function memberOr(object: JsonObject, name: string, absent: JsonValue): JsonValue {
  return Object.hasOwn(object, name) ? (object[name] as JsonValue) : absent;
}

export function arrayMember(object: JsonObject, name: string): JsonArray {
  const value = memberOr(object, name, []);
  if (!isArray(value)) throw invalid(`"${name}" is a list`);
  return value;
}

export function objectMember(object: JsonObject, name: string): JsonObject {
  const value = memberOr(object, name, {});
  if (!isObject(value)) throw invalid(`"${name}" is an object`);
  return value;
}

/** Whether an object has exactly these members, so that nothing is dropped or filled in. */
export function hasExactly(object: JsonObject, names: readonly string[]): boolean {
  return Object.keys(object).length === names.length && names.every((name) => Object.hasOwn(object, name));
}

/**
 * The reference hands the members to a Python constructor by name, which breaks on one named `self`.
 * Any other unknown member is dropped by it, and so is not covered by a Metablock's signatures.
 */
export function refuseSelf(object: JsonObject): void {
  if (member(object, 'self') !== undefined) throw invalid('a member may not be named "self"');
}

export function invalid(message: string): InTotoError {
  return new InTotoError('METADATA_INVALID', message);
}
