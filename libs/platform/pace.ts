import type { IncomingMessage } from 'node:http';

/** How slowly a body may come, and for how long one that has no end in sight. */
export interface Pace {
  /** So many bytes at least in each window, while somebody waits for them. */
  readonly bytes: number;
  readonly windowMs: number;
  /** Of a streamed body. */
  readonly lifetimeMs: number;
}

export const PACE: Pace = { bytes: 1_024, windowMs: 30_000, lifetimeMs: 10 * 60_000 };

/** Calls `tooSlow` after each window in which less came than the pace asks for. Runs until it is cleared. */
export function watchRate(
  request: IncomingMessage,
  { bytes, windowMs }: Pace,
  tooSlow: () => void,
): NodeJS.Timeout {
  const { socket } = request;
  let before = socket.bytesRead;
  return setInterval(() => {
    const came = socket.bytesRead - before;
    before += came;
    if (came < bytes && !request.complete) tooSlow();
  }, windowMs).unref();
}
