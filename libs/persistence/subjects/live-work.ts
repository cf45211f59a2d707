import type { Reader } from '../transaction.js';
import { Priority } from './verification-mark.entity.js';

/** What goes before verifying known subjects again. */
export interface LiveWork {
  /** Somebody waits for a verification that was not tried before. What fails again and again holds nobody up. */
  readonly isWaiting: boolean;
  /** Raised with each link that comes in. */
  readonly links: string;
}

export async function liveWork(reader: Reader): Promise<LiveWork> {
  const [work] = await reader.query<[LiveWork]>(
    `select exists (select from verification_mark where priority = $1 and attempts <= 1) as "isWaiting",
            (select last_value from link_seq_seq) as links`,
    [Priority.interactive],
  );
  return work;
}
