import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MarkedSubject, VerifySubjects } from './jobs.js';
import type { RunningWorker, VerificationQueue } from './verification-queue.js';

export interface OpenQueue {
  readonly queue: VerificationQueue;
  /** The same queue in another process. */
  readonly other: VerificationQueue;
  /** Loses everything that it carries. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** A subject of a test, told apart by a number. */
export const subject = (number: number): MarkedSubject => ({
  chainId: 1,
  subject: number.toString(16).padStart(64, '0'),
  generation: '1',
});

/** What every VerificationQueue is held to. `open` gives an empty queue. */
export function verificationQueueContract(name: string, open: () => Promise<OpenQueue>): void {
  describe(`${name} as the verification queue`, () => {
    let opened: OpenQueue;
    const workers: RunningWorker[] = [];

    beforeAll(async () => {
      opened = await open();
    });

    afterAll(async () => {
      await Promise.all(workers.map((worker) => worker.close()));
      await opened?.close();
    });

    const work = (
      queue: VerificationQueue,
      handle: (job: VerifySubjects) => Promise<void>,
    ): RunningWorker => {
      const worker = queue.work(2, handle, () => {});
      workers.push(worker);
      return worker;
    };

    it('can be reached soon after it was opened', async () => {
      for (const queue of [opened.queue, opened.other]) {
        await expect.poll(() => queue.check().then(() => 'reached', String), PATIENT).toBe('reached');
      }
    });

    it('carries every subject to one worker, whoever published it', async () => {
      const seen: string[] = [];
      const handle = async (job: VerifySubjects) =>
        void seen.push(...job.subjects.map((marked) => marked.subject));
      const running = [work(opened.queue, handle), work(opened.other, handle)];
      const subjects = Array.from({ length: 60 }, (_, i) => subject(i));
      await Promise.all(subjects.map((marked, i) => (i % 2 ? opened.queue : opened.other).publish([marked])));
      await expect.poll(() => seen.length, PATIENT).toBe(60);
      await Promise.all(running.map((worker) => worker.close()));
      expect(seen.sort()).toEqual(subjects.map((marked) => marked.subject).sort());
    });

    it('carries what is published before there is a worker', async () => {
      await opened.queue.publish([subject(1), subject(2)]);
      const jobs: VerifySubjects[] = [];
      const worker = work(opened.other, async (job) => void jobs.push(job));
      await expect.poll(() => jobs, PATIENT).toEqual([{ subjects: [subject(1), subject(2)] }]);
      await worker.close();
    });

    it('carries what is of a lower rank first, and of one rank what came first', async () => {
      const published = [
        [11, 1_000],
        [12, 49],
        [13, 2],
        [14, 2],
        [15, 1],
        [10, 0],
      ] as const;
      for (const [number, rank] of published) await opened.queue.publish([subject(number)], rank);
      const seen: string[] = [];
      const worker = opened.other.work(
        1,
        async ({ subjects: [marked] }) => void seen.push(marked?.subject ?? ''),
        () => {},
      );
      workers.push(worker);
      await expect.poll(() => seen.length, PATIENT).toBe(6);
      expect(seen).toEqual([10, 15, 13, 14, 12, 11].map((number) => subject(number).subject));
      await worker.close();
    });

    it('carries the first job of a chain that comes late before the second of one that came with a thousand', async () => {
      const flood = Array.from({ length: 1_000 }, (_, i) => subject(1_000 + i));
      for (const [at, marked] of flood.entries()) await opened.queue.publish([marked], Math.floor(at / 10));
      const seen: string[] = [];
      const worker = opened.other.work(
        1,
        async ({ subjects: [marked] }) => {
          seen.push(marked?.subject ?? '');
          if (seen.length === 5) await opened.queue.publish([{ ...subject(20), chainId: 2 }]);
        },
        () => {},
      );
      workers.push(worker);
      await expect.poll(() => seen.length, PATIENT).toBeGreaterThan(20);
      // Those of its own rank were there before it.
      expect(seen.indexOf(subject(20).subject)).toBe(10);
      await worker.close();
      await opened.flush();
    });

    it('finishes the job under way before it closes', async () => {
      const steps: string[] = [];
      let finish = () => {};
      const worker = work(opened.queue, async () => {
        steps.push('begun');
        await new Promise<void>((resolve) => {
          finish = resolve;
        });
        steps.push('finished');
      });
      await opened.queue.publish([subject(3)]);
      await expect.poll(() => steps, PATIENT).toEqual(['begun']);
      const closed = worker.close().then(() => steps.push('closed'));
      finish();
      await closed;
      expect(steps).toEqual(['begun', 'finished', 'closed']);
    });

    it('goes on after a job that failed', async () => {
      const seen: string[] = [];
      const worker = work(opened.queue, async ({ subjects: [marked] }) => {
        seen.push(marked?.subject ?? '');
        if (seen.length === 1) throw new Error('a bad day');
      });
      await opened.queue.publish([subject(4)]);
      await expect.poll(() => seen.length, PATIENT).toBe(1);
      await opened.queue.publish([subject(5)]);
      await expect.poll(() => seen, PATIENT).toEqual([subject(4).subject, subject(5).subject]);
      await worker.close();
    });

    it('hands out nothing that was lost', async () => {
      await opened.queue.publish([subject(6)]);
      await opened.flush();
      const seen: string[] = [];
      const worker = work(
        opened.queue,
        async ({ subjects: [marked] }) => void seen.push(marked?.subject ?? ''),
      );
      await opened.queue.publish([subject(7)]);
      await expect.poll(() => seen, PATIENT).toEqual([subject(7).subject]);
      await worker.close();
    });
  });
}

const PATIENT = { timeout: 15_000, interval: 20 };
