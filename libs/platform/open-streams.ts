import type { ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import type { Principal } from './access.js';
import { Problem } from './problems.js';

/** Batches and event streams that one token may have open in this process. */
export const STREAMS_AT_MOST = 32;
/** Nothing may stand still for so long on their connections: one that is not read would never end. */
export const STANDSTILL_MS = 60_000;

/** Counts what stays open for longer than a moment, by who opened it. */
@Injectable()
export class OpenStreams {
  private readonly open = new Map<string, number>();

  /** Counts the answer as open until its connection or itself has ended. Throws STREAMS_TOO_MANY. */
  enter({ tokenId }: Principal, answer: ServerResponse): void {
    const count = this.open.get(tokenId) ?? 0;
    if (count >= STREAMS_AT_MOST) {
      throw new Problem('STREAMS_TOO_MANY', {
        detail: `${STREAMS_AT_MOST} of them may be open at a time.`,
        retryAfter: 5,
      });
    }
    // Its client may have gone already; then it would never be said to have ended.
    if (answer.destroyed) {
      return;
    }
    this.open.set(tokenId, count + 1);
    answer.once('close', () => this.leave(tokenId));
    answer.socket?.setTimeout(STANDSTILL_MS);
  }

  private leave(tokenId: string): void {
    const count = (this.open.get(tokenId) ?? 1) - 1;
    if (count > 0) {
      this.open.set(tokenId, count);
    } else {
      this.open.delete(tokenId);
    }
  }
}
