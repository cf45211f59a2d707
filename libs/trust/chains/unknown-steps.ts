import type { Layout } from '#in-toto/index.js';
import type { ChainSettings } from '#persistence/chains/chain-settings.js';
import { clipText } from '#persistence/verdicts/bounded-text.js';

/** A setting that has no effect by the layout in force. */
export interface SettingsWarning {
  readonly code: 'STEP_UNKNOWN';
  readonly where: string;
  readonly message: string;
  readonly fix: string;
}

/** Of the names, and of the steps that each is told: an operator mends a few, whoever sends thousands wants a long answer. */
const TOLD_AT_MOST = 20;

/**
 * Settings may come before the layout that has their steps, so a name that is mistyped can only be warned of. The last
 * warning says how many names are left out.
 */
export function unknownSteps(settings: ChainSettings, { steps, inspect }: Layout): SettingsWarning[] {
  const known = [...steps, ...inspect].map(({ name }) => name);
  const isKnown = new Set(known);
  const named = [
    ...Object.keys(settings.maxAge).map((name) => ({ where: 'maxAge', name })),
    ...(settings.anchorSteps ?? []).map((name) => ({ where: 'anchorSteps', name })),
  ].filter(({ name }) => !isKnown.has(name));
  const fix = `Its steps are ${someOf(known)}.`;
  const told = named.slice(0, TOLD_AT_MOST).map(({ where, name }) => ({
    where,
    message: `${quoted(name)} is no step of the layout in force, so this has no effect.`,
  }));
  const omitted = named.slice(TOLD_AT_MOST);
  const more = omitted.slice(0, 1).map(({ where }) => ({
    where,
    message: `Nor are ${omitted.length} more of the names.`,
  }));
  return [...told, ...more].map((warning) => ({ code: 'STEP_UNKNOWN', ...warning, fix }));
}

function someOf(names: readonly string[]): string {
  const told = names.slice(0, TOLD_AT_MOST).map(quoted);
  const omitted = names.length - told.length;
  return omitted > 0 ? `${told.join(', ')} and ${omitted} more` : told.join(', ');
}

function quoted(name: string): string {
  return `"${clipText(name, 200)}"`;
}
