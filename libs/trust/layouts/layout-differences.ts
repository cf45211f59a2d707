import {
  fingerprintOf,
  type Inspection,
  type Item,
  type Layout,
  type PublicKey,
  type Step,
} from '#in-toto/index.js';

/** Something that one layout asks for and another does not, in words. */
export interface LayoutDifference {
  readonly code: LayoutDifferenceCode;
  /** The step or inspection that it is about, if it is about one. */
  readonly step: string | null;
  readonly message: string;
}

export type LayoutDifferenceCode =
  | 'STEP_ADDED'
  | 'STEP_REMOVED'
  | 'STEPS_REORDERED'
  | 'FUNCTIONARY_ADDED'
  | 'FUNCTIONARY_REMOVED'
  | 'THRESHOLD_CHANGED'
  | 'RULES_CHANGED'
  | 'COMMAND_CHANGED'
  | 'INSPECTION_ADDED'
  | 'INSPECTION_REMOVED'
  | 'EXPIRY_CHANGED'
  | 'README_CHANGED';

/** How a person calls the holder of a key, by its fingerprint. */
export type NameOf = (fingerprint: string) => string | undefined;

/** What changes for a chain when the second layout follows the first. */
export function layoutDifferences(before: Layout, after: Layout, nameOf: NameOf): LayoutDifference[] {
  return [
    ...stepDifferences(before, after, nameOf),
    ...inspectionDifferences(before, after),
    ...expiryDifference(before, after),
    ...(before.readme === after.readme
      ? []
      : [{ code: 'README_CHANGED', step: null, message: 'The readme is another.' } as const]),
  ];
}

function stepDifferences(before: Layout, after: Layout, nameOf: NameOf): LayoutDifference[] {
  const { added, removed, kept } = pair(before.steps, after.steps);
  const orderOf = (steps: readonly Step[]) =>
    steps.map(({ name }) => name).filter((name) => kept.some(([step]) => step.name === name));
  const [was, is] = [orderOf(before.steps), orderOf(after.steps)];
  return [
    ...added.map((step) =>
      say('STEP_ADDED', step, `Step ${step.name} is new: ${signersOf(after, step, nameOf)}.`),
    ),
    ...removed.map((step) => say('STEP_REMOVED', step, `Step ${step.name} is asked for no more.`)),
    ...(was.join('\n') === is.join('\n')
      ? []
      : [
          {
            code: 'STEPS_REORDERED',
            step: null,
            message: `The steps come as ${is.join(', ')}, not ${was.join(', ')}.`,
          } as const,
        ]),
    ...kept.flatMap(([old, step]) => [
      ...functionaryDifferences(before, old, after, step, nameOf),
      ...thresholdDifference(old, step),
      ...commandDifference(old, step),
      ...ruleDifferences(old, step),
    ]),
  ];
}

function functionaryDifferences(
  before: Layout,
  old: Step,
  after: Layout,
  step: Step,
  nameOf: NameOf,
): LayoutDifference[] {
  const [had, has] = [functionaries(before, old, nameOf), functionaries(after, step, nameOf)];
  const only = (some: Map<string, string>, others: Map<string, string>) =>
    [...some].filter(([key]) => !others.has(key)).map(([, name]) => name);
  return [
    ...only(has, had).map((name) =>
      say('FUNCTIONARY_ADDED', step, `${name} may now sign step ${step.name}.`),
    ),
    ...only(had, has).map((name) =>
      say('FUNCTIONARY_REMOVED', step, `${name} may no longer sign step ${step.name}.`),
    ),
  ];
}

/** Who may sign the step: identity of the key → what to call it. */
function functionaries({ keys }: Layout, { pubkeys }: Step, nameOf: NameOf): Map<string, string> {
  return new Map(
    pubkeys.map((keyid) => {
      const key = keyOf(keys, keyid);
      const fingerprint = key && fingerprintOf(key);
      const name = fingerprint && nameOf(fingerprint);
      const short = `key ${keyid.slice(0, 8)}`;
      return [fingerprint ?? keyid, name ? `${name} (${short})` : `The holder of ${short}`];
    }),
  );
}

function keyOf(keys: Layout['keys'], keyid: string): PublicKey | undefined {
  return keys.get(keyid) ?? [...keys.values()].find(({ subkeys }) => subkeys.has(keyid));
}

function signersOf(layout: Layout, step: Step, nameOf: NameOf): string {
  const names = [...functionaries(layout, step, nameOf).values()];
  return `${step.threshold} of these sign it: ${names.join(', ')}`;
}

function thresholdDifference(old: Step, step: Step): LayoutDifference[] {
  if (BigInt(old.threshold) === BigInt(step.threshold)) {
    return [];
  }
  const message = `Step ${step.name} needs ${step.threshold} of its functionaries, not ${old.threshold}.`;
  return [say('THRESHOLD_CHANGED', step, message)];
}

function commandDifference(old: Step, step: Step): LayoutDifference[] {
  const [was, is] = [old, step].map(({ expectedCommand }) => expectedCommand.map(String).join(' '));
  return was === is
    ? []
    : [say('COMMAND_CHANGED', step, `Step ${step.name} is expected to run "${is}", not "${was}".`)];
}

function ruleDifferences(old: Item, item: Item): LayoutDifference[] {
  return (['expectedMaterials', 'expectedProducts'] as const).flatMap((side) => {
    const [was, is] = [old[side], item[side]].map((rules) => rules.map((rule) => rule.join(' ')));
    if (!was || !is || was.join('\n') === is.join('\n')) {
      return [];
    }
    const what = `${side === 'expectedMaterials' ? 'materials' : 'products'} of ${item.name}`;
    const gone = was.filter((rule) => !is.includes(rule));
    const come = is.filter((rule) => !was.includes(rule));
    const parts = [
      ...(gone.length > 0 ? [`without ${quoted(gone)}`] : []),
      ...(come.length > 0 ? [`with ${quoted(come)}`] : []),
    ];
    const message =
      parts.length > 0
        ? `The rules for the ${what} are now ${parts.join(' and ')}.`
        : `The rules for the ${what} come in another order, in which they are applied.`;
    return [say('RULES_CHANGED', item, message)];
  });
}

function inspectionDifferences(before: Layout, after: Layout): LayoutDifference[] {
  const { added, removed, kept } = pair(before.inspect, after.inspect);
  return [
    ...added.map((item) =>
      say('INSPECTION_ADDED', item, `Inspection ${item.name} is new: ${commandOf(item)}.`),
    ),
    ...removed.map((item) =>
      say('INSPECTION_REMOVED', item, `Inspection ${item.name} is asked for no more.`),
    ),
    ...kept.flatMap(([old, item]) => [
      ...(commandOf(old) === commandOf(item)
        ? []
        : [
            say(
              'COMMAND_CHANGED',
              item,
              `Inspection ${item.name} runs ${commandOf(item)}, not ${commandOf(old)}.`,
            ),
          ]),
      ...ruleDifferences(old, item),
    ]),
  ];
}

function commandOf({ run }: Inspection): string {
  return `"${run.map(String).join(' ')}"`;
}

function expiryDifference(before: Layout, after: Layout): LayoutDifference[] {
  const [was, is] = [before, after].map(({ expires }) =>
    expires instanceof Date ? expires.toISOString() : 'never',
  );
  return was === is
    ? []
    : [{ code: 'EXPIRY_CHANGED', step: null, message: `The layout expires at ${is}, not at ${was}.` }];
}

function pair<T extends Item>(before: readonly T[], after: readonly T[]) {
  const old = new Map(before.map((item) => [item.name, item]));
  const names = new Set(after.map(({ name }) => name));
  return {
    added: after.filter(({ name }) => !old.has(name)),
    removed: before.filter(({ name }) => !names.has(name)),
    kept: after.flatMap((item): [T, T][] => {
      const was = old.get(item.name);
      return was ? [[was, item]] : [];
    }),
  };
}

function say(code: LayoutDifferenceCode, { name }: Item, message: string): LayoutDifference {
  return { code, step: name, message };
}

function quoted(rules: readonly string[]): string {
  return rules.map((rule) => `"${rule}"`).join(', ');
}
