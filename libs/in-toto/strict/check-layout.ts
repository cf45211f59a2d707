import type { Layout } from '../metadata/layout.js';
import { checkKeys } from './check-keys.js';
import { checkName } from './check-names.js';
import { checkRules } from './check-rules.js';
import { refuse, type StrictIssue, someOf, warn } from './issues.js';

/** Everything to say about a layout before it becomes a chain's policy. Whether it is signed is not asked here. */
export function checkLayout(layout: Layout): StrictIssue[] {
  return [
    ...names(layout),
    ...existence(layout),
    ...expiry(layout),
    ...checkKeys(layout),
    ...checkRules(layout),
    ...inspections(layout),
  ];
}

function names({ steps, inspect }: Layout): StrictIssue[] {
  const items = [
    ...steps.map((step, i) => ({ ...step, where: `steps/${i}/name` })),
    ...inspect.map((inspection, i) => ({ ...inspection, where: `inspect/${i}/name` })),
  ];
  const seen = new Set<string>();
  return items.flatMap(({ name, rawName, where }) => {
    const repeated = seen.has(name)
      ? [refuse('NAME_REPEATED', where, 'Give every step and inspection its own name.', someOf([name]))]
      : [];
    seen.add(name);
    return [...checkName(rawName, where), ...repeated];
  });
}

function existence({ steps }: Layout): StrictIssue[] {
  return steps.length > 0 ? [] : [refuse('NO_STEPS', 'steps', 'State at least one step.')];
}

function expiry({ expires }: Layout): StrictIssue[] {
  const fix = 'State "expires" as YYYY-MM-DDTHH:MM:SSZ.';
  if (expires === 'absent') return [refuse('EXPIRES_MISSING', 'expires', fix)];
  if (expires === 'unreadable') return [refuse('EXPIRES_UNREADABLE', 'expires', fix)];
  return [];
}

function inspections({ inspect }: Layout): StrictIssue[] {
  const fix =
    'Let a functionary run it and sign its link as a step, or supply its result with each verification.';
  return inspect.map((inspection, i) => warn('INSPECTION', `inspect/${i}`, fix, someOf([inspection.name])));
}
