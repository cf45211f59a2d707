import type { StoredEvent } from '#persistence/trust/list-events.js';

export interface EventInfo {
  readonly seq: string;
  readonly kind: string;
  /** Fingerprint, if it is about a key. */
  readonly key: string | null;
  readonly body: Readonly<Record<string, unknown>>;
  /** Id of the access token. */
  readonly actor: string;
  readonly reason: string;
  readonly recordedAt: string;
}

export function eventInfo({ fingerprint, recorded_at: recordedAt, ...event }: StoredEvent): EventInfo {
  const { seq, kind, body, actor, reason } = event;
  return {
    seq,
    kind,
    key: fingerprint?.toString('hex') ?? null,
    body,
    actor,
    reason,
    recordedAt: recordedAt.toISOString(),
  };
}
