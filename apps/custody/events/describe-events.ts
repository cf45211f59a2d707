import type { EventInfo } from '#trust/event-info.js';
import { short, table } from '../output.js';

export function describeEvents(events: readonly EventInfo[]): string {
  const head = ['EVENT', 'RECORDED', 'WHAT', 'KEY', 'BY TOKEN', 'REASON'];
  return table(
    head,
    events.map(({ seq, recordedAt, kind, key, actor, reason }) => [
      seq,
      recordedAt,
      kind,
      key ? short(key) : '-',
      actor,
      reason,
    ]),
  );
}
