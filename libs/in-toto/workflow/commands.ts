import { canonicalText } from '../json/canonical-json.js';
import type { PerformedStep } from './reduce.js';
import { report, type Scope } from './scope.js';

/** Reference step 7 (in-toto 1.0 §4.3.1): another command than expected is a warning, as commands are easily aliased. */
export function verifyCommands(steps: readonly PerformedStep[], scope: Scope): void {
  for (const { step, links } of steps) {
    for (const { fileName, keyid, link } of links) {
      const [expected, found] = [canonicalText(step.expectedCommand), canonicalText(link.command)];
      if (expected === found) continue;
      report(scope, 'warning', {
        code: 'COMMAND_DIFFERS',
        message: `Step "${step.name}" was performed as ${found}, the layout expects ${expected}.`,
        fix: 'Run the expected command, or change expected_command in the layout.',
        step: step.name,
        fileName,
        keyid,
        expected: [expected],
        found: [found],
      });
    }
  }
}
