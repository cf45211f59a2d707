import type { Layout } from '../metadata/layout.js';
import { report, type Scope } from './scope.js';

/** Reference step 2 (in-toto 1.0 §5.2.2): a layout ends at `expires`, the second itself included. */
export function verifyExpiry(layout: Layout, scope: Scope): void {
  const { expires } = layout;
  if (expires === 'absent') return;
  if (expires === 'unreadable') {
    report(scope, 'error', {
      code: 'LAYOUT_EXPIRY_UNREADABLE',
      message: 'The expiry of the layout is no time.',
      fix: 'Sign a layout whose "expires" is written with the digits 0 to 9.',
    });
  } else if (expires <= scope.at) {
    report(scope, 'error', {
      code: 'LAYOUT_EXPIRED',
      message: `The layout expired at ${expires.toISOString()}.`,
      fix: 'Have the owners review the layout and sign it with a later "expires".',
      expected: [`after ${scope.at.toISOString()}`],
      found: [expires.toISOString()],
    });
  }
}
