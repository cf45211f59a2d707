import type { JsonObject, JsonValue } from '#in-toto/index.js';
import type { Random } from '../support/random.js';
import { PATHS, PATTERNS, PLACEHOLDERS, PREFIXES } from './world.js';

/** Rules of both sides of a step. `before` are the steps to match with, `all` includes those that make little sense. */
export function randomItemRules(
  before: readonly string[],
  all: readonly string[],
  placeholders: boolean,
  random: Random,
): JsonObject {
  const list = () => random.some(3, () => randomRule(before, all, placeholders, random));
  return {
    expected_materials: [...list(), ...lastRules(random)],
    expected_products: [...list(), ...lastRules(random)],
  };
}

function lastRules(random: Random): string[][] {
  return random.pick<string[][]>([
    [],
    [],
    [
      ['ALLOW', '*'],
      ['DISALLOW', '*'],
    ],
    [['ALLOW', '*']],
    [['DISALLOW', '*']],
  ]);
}

function randomRule(
  before: readonly string[],
  all: readonly string[],
  placeholders: boolean,
  random: Random,
): JsonValue {
  if (random.chance(0.004))
    return random.pick<JsonValue>([
      [],
      ['ALLOW'],
      ['ALLOW', '*', 'x'],
      ['NO', '*'],
      'ALLOW *',
      ['MATCH', '*'],
      ['ALLOW', 1],
    ]);
  const rule = random.chance(0.35)
    ? matchRule(before, all, placeholders, random)
    : simpleRule(placeholders, random);
  return random.chance(0.9) ? rule : rule.map((word, i) => (i % 2 === 0 ? word.toLowerCase() : word));
}

function simpleRule(placeholders: boolean, random: Random): string[] {
  const keyword = random.pick([
    'ALLOW',
    'ALLOW',
    'ALLOW',
    'CREATE',
    'DELETE',
    'MODIFY',
    'MODIFY',
    'DISALLOW',
    'REQUIRE',
  ]);
  if (keyword === 'REQUIRE' && random.chance(0.5)) return ['ALLOW', random.pick(PATHS)];
  if (keyword === 'REQUIRE') return [keyword, random.pick(PATHS)];
  if (keyword === 'DISALLOW' && random.chance(0.6))
    return [keyword, random.pick(['nothing', '*.exe', '[', '?'])];
  return [keyword, pattern(placeholders, random)];
}

function matchRule(
  before: readonly string[],
  all: readonly string[],
  placeholders: boolean,
  random: Random,
): string[] {
  const prefix = () => (random.chance(0.35) ? ['IN', random.pick(PREFIXES)] : []);
  const step = (random.chance(0.85) ? random.one(before) : random.one([...all, 'nowhere'])) ?? 'nowhere';
  const side = random.pick(['PRODUCTS', 'PRODUCTS', 'MATERIALS']);
  return ['MATCH', pattern(placeholders, random), ...prefix(), 'WITH', side, ...prefix(), 'FROM', step];
}

function pattern(placeholders: boolean, random: Random): string {
  return placeholders && random.chance(0.3) ? random.pick(PLACEHOLDERS) : random.pick(PATTERNS);
}
