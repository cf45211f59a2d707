import { isArray, isString, type JsonArray, type JsonObject, type JsonValue } from '../json/value.js';
import { type ArtifactRule, readRule } from '../rules/grammar.js';
import { isHex } from './artifacts.js';
import { arrayMember, hasExactly, invalid, memberOr, refuseSelf } from './fields.js';

/** What steps and inspections have in common (in-toto 1.0 §4.3.1, §4.3.2). */
export interface Item {
  /** As it appears in file names and reports. */
  readonly name: string;
  /** As it was written: the reference loads numbers and null too, which no rule can then refer to. */
  readonly rawName: JsonValue;
  /** Rules as written: lists of strings, checked to be rules. */
  readonly expectedMaterials: readonly ArtifactRule[];
  readonly expectedProducts: readonly ArtifactRule[];
}

/** in-toto 1.0 §4.3.1. */
export interface Step extends Item {
  /** Ids of the keys that may sign this step's link. */
  readonly pubkeys: readonly string[];
  readonly expectedCommand: JsonArray;
  /** How many different keys must have signed. The reference lets zero and negative numbers load. */
  readonly threshold: number | bigint;
  readonly raw: JsonObject;
}

/** in-toto 1.0 §4.3.2: a command that the verifier runs. */
export interface Inspection extends Item {
  readonly run: JsonArray;
  readonly raw: JsonObject;
}

export function readStep(data: JsonObject): Step {
  const pubkeys = arrayMember(data, 'pubkeys');
  if (!pubkeys.every(isHex)) throw invalid('"pubkeys" is a list of hexadecimal key ids');
  return {
    ...readItem(data),
    pubkeys,
    expectedCommand: arrayMember(data, 'expected_command'),
    threshold: readThreshold(memberOr(data, 'threshold', 1)),
    raw: data,
  };
}

export function readInspection(data: JsonObject): Inspection {
  return { ...readItem(data), run: arrayMember(data, 'run'), raw: data };
}

/** Known members only, absent ones filled in, `_type` as it ought to be. */
export function stepAsJson(step: Step): JsonObject {
  return {
    ...itemAsJson(step, 'step'),
    pubkeys: step.pubkeys,
    expected_command: step.expectedCommand,
    threshold: memberOr(step.raw, 'threshold', 1),
  };
}

export function inspectionAsJson(inspection: Inspection): JsonObject {
  return { ...itemAsJson(inspection, 'inspection'), run: inspection.run };
}

const ITEM = ['_type', 'name', 'expected_materials', 'expected_products'];
const STEP = [...ITEM, 'pubkeys', 'expected_command', 'threshold'];
const INSPECTION = [...ITEM, 'run'];

/** Whether `stepAsJson` is the object that was read. */
export function isCompleteStep({ raw }: Step): boolean {
  return raw._type === 'step' && hasExactly(raw, STEP);
}

/** Whether `inspectionAsJson` is the object that was read. */
export function isCompleteInspection({ raw }: Inspection): boolean {
  return raw._type === 'inspection' && hasExactly(raw, INSPECTION);
}

function itemAsJson(item: Item, type: string): JsonObject {
  return {
    _type: type,
    name: item.rawName,
    expected_materials: item.expectedMaterials,
    expected_products: item.expectedProducts,
  };
}

function readItem(data: JsonObject): Item {
  refuseSelf(data);
  const rawName = memberOr(data, 'name', null);
  return {
    name: nameAsText(rawName),
    rawName,
    expectedMaterials: readRules(data, 'expected_materials'),
    expectedProducts: readRules(data, 'expected_products'),
  };
}

function readRules(data: JsonObject, field: string): readonly ArtifactRule[] {
  return arrayMember(data, field).map((rule) => {
    readRule(rule);
    return rule as ArtifactRule;
  });
}

/** Python's `str(name)`, with which link file names are built. Lists and objects cannot be names. */
function nameAsText(name: JsonValue): string {
  if (isString(name)) return name;
  if (name === null) return 'None';
  if (name === true) return 'True';
  if (name === false) return 'False';
  if (isArray(name) || typeof name === 'object') throw invalid('"name" is a string');
  return String(name);
}

/** Booleans are integers in Python. */
function readThreshold(threshold: JsonValue): number | bigint {
  if (typeof threshold === 'boolean') return Number(threshold);
  if (typeof threshold === 'bigint' || Number.isInteger(threshold)) return threshold as number | bigint;
  throw invalid('"threshold" is an integer');
}
