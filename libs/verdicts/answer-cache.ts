import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { DataSource } from 'typeorm';
import { channels } from '#persistence/channels.js';
import { Hints } from '#persistence/hints.js';
import { listenForEvidence } from '#persistence/subjects/evidence-hints.js';
import type { ReadyAnswer } from './ready-answer.js';

interface Entry {
  /** When the reading began, by the clock that is never set. */
  readonly begun: number;
  readonly epoch: number;
  readonly answer: Promise<ReadyAnswer>;
  /** Once it has been read. */
  ready: ReadyAnswer | undefined;
  goodUntil: number;
}

/** A change whose hint is lost stays unseen no longer than this. */
const KEPT_MS = 1_000;
const CACHE_BYTES = 64 * 1024 * 1024;
/** What an entry costs beside its bytes. */
const ENTRY_BYTES = 512;

/**
 * Keeps finished answers while nothing can have changed them: no hint of a new verdict or new evidence for the subject, or
 * of changed trust in the chain, has come since the reading began, hints do come, the verdict is still valid, and at any rate no
 * longer than a second. Requests for one digest that come together share one reading.
 */
@Injectable()
export class AnswerCache {
  private readonly entries = new LRUCache<string, Entry>({ maxSize: CACHE_BYTES });
  private readonly epochs = new Map<string, number>();

  constructor(
    @Inject(Hints) private readonly hints: Hints,
    @Inject(DataSource) source: DataSource,
  ) {
    const forget = (hint: string | undefined): void => {
      if (hint === undefined) this.entries.clear();
      else if (hint.includes(' ')) this.entries.delete(hint);
      else this.epochs.set(hint, this.epochOf(hint) + 1);
    };
    for (const channel of [channels.verdict, channels.evidence, channels.trust]) {
      hints.listen(channel, forget);
    }
    listenForEvidence(source, (chainId, subjects) => {
      for (const subject of subjects ?? []) forget(keyOf(chainId, subject.toString('hex')));
      if (!subjects) forget(String(chainId));
    });
  }

  find(chainId: number, subject: Buffer, read: () => Promise<ReadyAnswer>): Promise<ReadyAnswer> {
    if (!this.hints.isConnected) {
      return read();
    }
    const key = keyOf(chainId, subject.toString('hex'));
    const known = this.fresh(chainId, key);
    if (known) {
      return known.answer;
    }
    const entry = {
      begun: performance.now(),
      epoch: this.epochOf(String(chainId)),
      answer: read(),
      ready: undefined,
      goodUntil: Number.POSITIVE_INFINITY,
    };
    this.entries.set(key, entry, { size: ENTRY_BYTES });
    void this.settle(key, entry);
    return entry.answer;
  }

  /** The answer, if it can be given without reading or waiting. */
  peek(chainId: number, subjectHex: string): ReadyAnswer | undefined {
    return this.hints.isConnected ? this.fresh(chainId, keyOf(chainId, subjectHex))?.ready : undefined;
  }

  private fresh(chainId: number, key: string): Entry | undefined {
    const known = this.entries.get(key);
    return known && known.epoch === this.epochOf(String(chainId)) && isFresh(known) ? known : undefined;
  }

  /** What came of the reading is kept, unless a hint has removed the entry meanwhile, or a later reading replaced it. */
  private async settle(key: string, entry: Entry): Promise<void> {
    const ready = await entry.answer.catch(() => undefined);
    if (this.entries.peek(key) !== entry) {
      return;
    }
    if (ready && ready.goodUntil > 0) {
      entry.goodUntil = ready.goodUntil;
      entry.ready = ready;
      this.entries.set(key, entry, { size: ENTRY_BYTES + ready.text.length });
    } else {
      this.entries.delete(key);
    }
  }

  private epochOf(chain: string): number {
    return this.epochs.get(chain) ?? 0;
  }
}

/** As hints name a subject. */
function keyOf(chainId: number, subjectHex: string): string {
  return `${chainId} ${subjectHex}`;
}

function isFresh({ begun, goodUntil }: Entry): boolean {
  return performance.now() - begun < KEPT_MS && Date.now() < goodUntil;
}
