import type { Layout } from '#in-toto/index.js';
import type { ChainSettings } from '#persistence/chains/chain-settings.js';

/** A setting that has no effect by the layout in force. */
export interface SettingsWarning {
  readonly code: 'STEP_UNKNOWN';
  readonly where: string;
  readonly message: string;
  readonly fix: string;
}

/** Settings may come before the layout that has their steps, so a name that is mistyped can only be warned of. */
export function unknownSteps(settings: ChainSettings, { steps, inspect }: Layout): SettingsWarning[] {
  const known = [...steps, ...inspect].map(({ name }) => name);
  const named = [
    ...Object.keys(settings.maxAge).map((name) => ({ where: 'maxAge', name })),
    ...(settings.anchorSteps ?? []).map((name) => ({ where: 'anchorSteps', name })),
  ];
  return named
    .filter(({ name }) => !known.includes(name))
    .map(({ where, name }) => ({
      code: 'STEP_UNKNOWN',
      where,
      message: `"${name}" is no step of the layout in force, so this has no effect.`,
      fix: `Its steps are ${known.map((step) => `"${step}"`).join(', ')}.`,
    }));
}
