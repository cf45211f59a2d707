import { toProblem } from '#platform/problem-filter.js';

/**
 * Lets the lines of a batch reach the index together, but a line of another attempt than the lines before it only after
 * these: a repetition that arrives before what it replaces looks like an old link posted again. While one of them has to
 * be sent again, since a part was away, none of another attempt is taken after it.
 */
export class AttemptTurns {
  private attempt: number | undefined;
  private before = Promise.resolve();
  private all = Promise.resolve();

  take<Result>(attempt: number, accept: () => Promise<Result>): Promise<Result> {
    if (attempt !== this.attempt) {
      this.attempt = attempt;
      this.before = this.all;
    }
    const accepted = this.before.then(accept);
    this.all = bothOver(this.all, accepted);
    return accepted;
  }
}

/** Rejects when something was away; what else was wrong with a line is no matter of the others. */
function bothOver(earlier: Promise<void>, accepted: Promise<unknown>): Promise<void> {
  const over = earlier.then(() =>
    accepted.then(
      () => undefined,
      (error: unknown) => {
        if (toProblem(error).status === 503) {
          throw error;
        }
      },
    ),
  );
  over.catch(() => undefined);
  return over;
}
