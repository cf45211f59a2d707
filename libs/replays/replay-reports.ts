import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { countFlips, type Flip, type FlipCursor, findFlips } from '#persistence/replays/find-flips.js';
import type { FindingBody, Outcome } from '#persistence/verdicts/verdict-body.js';
import type { Cause } from '#persistence/verdicts/verdict-cause.js';
import type { Admission } from '#platform/access.js';
import { writeDigest } from '#platform/digest.js';
import { toProblem } from '#platform/problem-filter.js';
import { Problem } from '#platform/problems.js';
import { CSV_HEAD, csvLine } from './flips-csv.js';
import { isAtRest, type ReplayInfo } from './replay-info.js';
import { ReplayService } from './replay-service.js';

export interface FlipPage {
  /** How many there are of each kind, in the order in which they come. */
  readonly kinds: Readonly<Record<string, number>>;
  readonly flips: readonly FlipInfo[];
  /** Cursor of the next page; null on the last. */
  readonly next: string | null;
}

export interface FlipInfo {
  readonly chain: string;
  readonly digest: string;
  readonly before: Outcome;
  readonly after: Outcome;
  /** What is other than it was: `layout`, `keys`, `evidence` … */
  readonly cause: readonly Cause[];
  /** Those that came with the flip, or went (`gone`). */
  readonly findings: readonly FindingBody[];
}

const LOOK_EVERY_MS = 500;
/** Proxies end a stream on which nothing comes for long. */
const BEAT_EVERY_MS = 15_000;
/** However long a replay takes. */
const STREAM_MS = 60 * 60_000;
const CSV_LINES_AT_ONCE = 1_000;

/** What a replay has found so far, for people and for programs. */
@Injectable()
export class ReplayReports implements OnModuleDestroy {
  private closing = false;

  constructor(
    @Inject(DataSource) private readonly source: DataSource,
    private readonly replays: ReplayService,
  ) {}

  /** Streams are ended: the process could not stop before. */
  onModuleDestroy(): void {
    this.closing = true;
  }

  /**
   * Server-sent events: the replay whenever it has moved, until it is at rest, or its reader may read no more. One that
   * lasts too long is just ended: who reads events connects again by itself.
   */
  async *events(admission: Admission, first: ReplayInfo): AsyncGenerator<string> {
    let replay = first;
    let sent = '';
    let sentAt = 0;
    const end = performance.now() + STREAM_MS;
    while (performance.now() < end) {
      const text = JSON.stringify(replay);
      if (text !== sent) {
        yield `event: progress\ndata: ${text}\n\n`;
        sent = text;
        sentAt = performance.now();
      } else if (performance.now() - sentAt > BEAT_EVERY_MS) {
        yield ': still here\n\n';
        sentAt = performance.now();
      }
      if (isAtRest(replay) || this.closing) {
        return;
      }
      await sleep(LOOK_EVERY_MS);
      try {
        await admission.confirm();
        replay = await this.replays.find(admission.principal, first.id);
      } catch (error) {
        yield `event: ended\ndata: ${JSON.stringify(toProblem(error).toBody(''))}\n\n`;
        return;
      }
    }
  }

  async flips(id: string, cursor: string | undefined, limit: number): Promise<FlipPage> {
    const rows = await findFlips(this.source, id, readCursor(cursor), limit + 1);
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    return {
      kinds: await countFlips(this.source, id),
      flips: page.map((row) => ({
        chain: row.chain,
        digest: writeDigest(row.subject),
        before: row.outcome_before,
        after: row.outcome_after,
        cause: row.cause,
        findings: row.findings,
      })),
      next: rows.length > limit && last ? writeCursor(last) : null,
    };
  }

  /** All flips, read a page at a time. Throws, and so breaks off, when its reader may read no more. */
  async *csv(admission: Admission, id: string): AsyncGenerator<string> {
    yield CSV_HEAD;
    let after: FlipCursor | undefined;
    for (;;) {
      await admission.confirm();
      const rows = await findFlips(this.source, id, after, CSV_LINES_AT_ONCE);
      const last = rows.at(-1);
      if (!last) {
        return;
      }
      yield rows.map(csvLine).join('');
      after = { rank: last.flip_rank, chainId: last.chain_id, subject: last.subject };
    }
  }
}

function writeCursor({ flip_rank: rank, chain_id: chainId, subject }: Flip): string {
  return `${rank}-${chainId}-${subject.toString('hex')}`;
}

function readCursor(text: string | undefined): FlipCursor | undefined {
  if (text === undefined) {
    return undefined;
  }
  const [, rank, chainId, subject] = /^(\d)-(\d{1,9})-([0-9a-f]{64})$/.exec(text) ?? [];
  if (!rank || !chainId || !subject) {
    throw new Problem('QUERY_INVALID', {
      errors: [{ path: 'cursor', message: 'use the `next` of the page before' }],
    });
  }
  return { rank: Number(rank), chainId: Number(chainId), subject: Buffer.from(subject, 'hex') };
}
