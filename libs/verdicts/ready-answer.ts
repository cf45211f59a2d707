import { hash } from 'node:crypto';
import type { Answer } from './answer.js';

/** An answer as it goes to the client. */
export interface ReadyAnswer {
  readonly isPending: boolean;
  readonly etag: string;
  /** As text: head and body of the response then leave in one piece. */
  readonly text: string;
  /** Milliseconds since 1970 until which nothing but a change makes it untrue; 0 when it is on the point of changing. */
  readonly goodUntil: number;
}

const WHEN_COMPUTED = /"evaluatedAt":(?:null|"[^"]*")/;

/** Written once. The ETag changes when the answer means something else; when it was computed is not part of that. */
export function readyAnswer(answer: Answer, at: Date): ReadyAnswer {
  const text = JSON.stringify(answer);
  const isPending = answer.verdict === 'pending';
  return {
    isPending,
    etag: `"${hash('sha256', text.replace(WHEN_COMPUTED, ''), 'base64url')}"`,
    text,
    goodUntil: isPending ? 0 : goodUntil(answer.validUntil, at),
  };
}

/** A verdict that has expired does not expire again. */
function goodUntil(validUntil: string | null, at: Date): number {
  const end = validUntil === null ? Number.POSITIVE_INFINITY : Date.parse(validUntil);
  return end > at.getTime() ? end : Number.POSITIVE_INFINITY;
}
