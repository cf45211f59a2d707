import type { Socket } from 'node:net';
import { Injectable, type OnModuleDestroy, Optional } from '@nestjs/common';
import { RoundRobin } from '#platform/round-robin.js';
import { networkOf } from './peer-network.js';

export interface Refusals {
  readonly perSecond: number;
  /** Answered at once after a quiet time, and the most that go together. */
  readonly burst: number;
  /** Connections that may wait. One more is closed without an answer: a stranger's, whatever address he shares. */
  readonly waiting: number;
}

/** A refusal takes up to a third of a millisecond of processor, with the connection that it often comes on. */
const REFUSALS: Refusals = { perSecond: 250, burst: 100, waiting: 20_000 };
const LOOK_EVERY_MS = 20;

interface Waiting {
  readonly socket: Socket;
  readonly go: () => void;
}

/**
 * However many strangers ask, refusing them takes a bounded part of the process: what is beyond that waits, and is not
 * read meanwhile, so that whoever asks most gets slowest. Addresses have their turns, so that an honest mistake is told
 * soon. Nobody with a valid token comes by here.
 */
@Injectable()
export class RefusalPace implements OnModuleDestroy {
  private readonly waiting = new RoundRobin<Waiting>();
  private ready: number;
  private since = performance.now();
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(@Optional() private readonly refusals: Refusals = REFUSALS) {
    this.ready = refusals.burst;
  }

  /** A process that stops tells everybody at once. */
  onModuleDestroy(): void {
    this.stopped = true;
    this.letGo(Number.POSITIVE_INFINITY);
  }

  /** Resolves when it is time to refuse what came on this connection. */
  async turn(address: string, socket: Socket): Promise<void> {
    this.refill();
    if (this.stopped || (this.waiting.size === 0 && this.ready >= 1)) {
      this.ready -= 1;
      return;
    }
    if (this.waiting.size >= this.refusals.waiting) {
      socket.destroy();
      return;
    }
    socket.pause();
    this.timer ??= setInterval(() => this.look(), LOOK_EVERY_MS);
    await new Promise<void>((go) => this.waiting.add(networkOf(address), { socket, go }));
    socket.resume();
  }

  private look(): void {
    this.refill();
    this.letGo(Math.floor(this.ready));
    if (this.waiting.size === 0) {
      clearInterval(this.timer);
      this.timer = undefined;
    }
  }

  private refill(): void {
    const now = performance.now();
    const { perSecond, burst } = this.refusals;
    this.ready = Math.min(burst, this.ready + ((now - this.since) / 1_000) * perSecond);
    this.since = now;
  }

  /** Who is known to have gone takes nobody's turn. */
  private letGo(count: number): void {
    for (let left = count; left > 0; ) {
      const next = this.waiting.take();
      if (!next) return;
      next.go();
      if (!next.socket.destroyed) {
        this.ready -= 1;
        left -= 1;
      }
    }
  }
}
