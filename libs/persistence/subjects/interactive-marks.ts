import type { Reader } from '../transaction.js';
import { Priority } from './verification-mark.entity.js';

/** Does somebody wait for a verification that was not tried before? What fails again and again holds nobody up. */
export async function interactiveMarksWait(reader: Reader): Promise<boolean> {
  const [{ waits }] = await reader.query<[{ waits: boolean }]>(
    'select exists (select from verification_mark where priority = $1 and attempts <= 1) as waits',
    [Priority.interactive],
  );
  return waits;
}
