import { Injectable } from '@nestjs/common';
import type { Principal } from './access.js';
import { Problem } from './problems.js';

/** Batches and event streams that one token may have open in this process. */
export const STREAMS_AT_MOST = 32;

export interface Place {
  /** To be called once the stream has ended; more often does no harm. */
  readonly leave: () => void;
}

/** Counts what stays open for longer than a moment, by who opened it. */
@Injectable()
export class OpenStreams {
  private readonly open = new Map<string, number>();

  /** Throws STREAMS_TOO_MANY. */
  take({ tokenId }: Principal): Place {
    const count = this.open.get(tokenId) ?? 0;
    if (count >= STREAMS_AT_MOST) {
      throw new Problem('STREAMS_TOO_MANY', {
        detail: `${STREAMS_AT_MOST} of them may be open at a time.`,
        retryAfter: 5,
      });
    }
    this.open.set(tokenId, count + 1);
    let taken = true;
    return {
      leave: () => {
        if (taken) this.release(tokenId);
        taken = false;
      },
    };
  }

  private release(tokenId: string): void {
    const count = (this.open.get(tokenId) ?? 1) - 1;
    if (count > 0) {
      this.open.set(tokenId, count);
    } else {
      this.open.delete(tokenId);
    }
  }
}
