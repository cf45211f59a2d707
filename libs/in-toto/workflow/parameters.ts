import { isString, type JsonArray } from '../json/value.js';
import type { Item } from '../metadata/items.js';
import type { Layout } from '../metadata/layout.js';
import { workOf } from '../rules/work.js';
import { FormatRefused, formatText } from './format.js';
import { report, type Scope } from './scope.js';

type Format = (text: string) => string;

const NAME = /^[a-zA-Z0-9_-]+$/;

/**
 * Reference step 3: puts parameters into rules, expected commands and inspections' commands. Names, keys and thresholds
 * are never substituted. Without parameters nothing is, and braces stay; an empty set of parameters counts as given.
 * Returns undefined, with a finding, when a placeholder cannot be filled in.
 */
export function substituteParameters(layout: Layout, scope: Scope): Layout | undefined {
  if (scope.parameters === undefined) return layout;
  const values = new Map(Object.entries(scope.parameters));
  if (!verifyParameters(values, scope)) return undefined;
  const output = workOf(scope.limits.maxBytes, 'characters of parameters');
  const format: Format = (text) => formatText(text, values, output);
  let current: { step?: string; inspection?: string } = {};
  try {
    const steps = layout.steps.map((step) => {
      current = { step: step.name };
      return {
        ...substituteRules(step, format),
        expectedCommand: substituteAll(step.expectedCommand, format),
      };
    });
    const inspect = layout.inspect.map((inspection) => {
      current = { inspection: inspection.name };
      return { ...substituteRules(inspection, format), run: substituteAll(inspection.run, format) };
    });
    return { ...layout, steps, inspect };
  } catch (error) {
    if (!(error instanceof FormatRefused)) throw error;
    report(scope, 'error', {
      code: error.code,
      message: `Parameters cannot be put into the layout: ${error.message}.`,
      fix:
        error.code === 'PARAMETER_MISSING'
          ? 'Give a value for the placeholder, or write {{ and }} in the layout for literal braces.'
          : 'Write the placeholder as {name}; for literal braces write {{ and }}.',
      ...current,
      expected: [...values.keys()],
    });
    return undefined;
  }
}

function verifyParameters(values: ReadonlyMap<string, unknown>, scope: Scope): boolean {
  for (const [name, value] of values) {
    if (NAME.test(name) && typeof value === 'string') continue;
    report(scope, 'error', {
      code: 'PARAMETER_INVALID',
      message: `The parameter "${name}" has a name outside [a-zA-Z0-9_-], or a value that is no string.`,
      fix: 'Rename the parameter, or give its value as a string.',
      found: [name],
    });
    return false;
  }
  return true;
}

function substituteRules<T extends Item>(item: T, format: Format): T {
  return {
    ...item,
    expectedMaterials: item.expectedMaterials.map((rule) => rule.map((element) => format(element))),
    expectedProducts: item.expectedProducts.map((rule) => rule.map((element) => format(element))),
  };
}

function substituteAll(command: JsonArray, format: Format): JsonArray {
  return command.map((argument) => {
    if (!isString(argument))
      throw new FormatRefused('PARAMETER_FORMAT', 'a command has an argument that is no string');
    return format(argument);
  });
}
