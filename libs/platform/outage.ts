import { BrokenCircuitError, CircuitState, ConsecutiveBreaker, circuitBreaker, handleWhen } from 'cockatiel';

/** A part that this process depends on does not answer, or not in time. What was asked of it may have happened or not. */
export class OutageError extends Error {
  override readonly name = 'OutageError';

  /** It answers, or may: only this piece of work was given up for the time that it took. */
  readonly isLate: boolean;

  constructor(
    readonly part: string,
    { isLate = false, ...options }: ErrorOptions & { readonly isLate?: boolean },
  ) {
    super(`the ${part} does not answer`, options);
    this.isLate = isLate;
  }
}

export interface Patience {
  /** So long one piece of work may take. */
  readonly milliseconds: number;
}

/** In a row. */
const FAILURES = 5;
const REST_MS = 1_000;

/**
 * Stands between this process and one part that it depends on. Work that takes too long is given up, and a part that
 * failed several times in a row is left alone but for one try a second: whoever asks meanwhile is told at once, instead
 * of waiting in a queue that grows.
 */
export class Dependency {
  private readonly breaker;

  constructor(
    readonly part: string,
    private readonly isOutage: (error: unknown) => boolean,
  ) {
    this.breaker = circuitBreaker(
      handleWhen((error) => this.isFailure(error)),
      { halfOpenAfter: REST_MS, breaker: new ConsecutiveBreaker(FAILURES) },
    );
  }

  async use<T>(work: () => Promise<T>, { milliseconds }: Patience): Promise<T> {
    if (this.breaker.state === CircuitState.HalfOpen) {
      throw new OutageError(this.part, { cause: new Error('it is being tried whether it is back') });
    }
    try {
      return await this.breaker.execute(() => within(milliseconds, work));
    } catch (error) {
      throw this.isFailure(error) || error instanceof BrokenCircuitError
        ? new OutageError(this.part, { cause: error, isLate: error instanceof TooLate })
        : error;
    }
  }

  private isFailure(error: unknown): boolean {
    return error instanceof TooLate || this.isOutage(error);
  }
}

class TooLate extends Error {}

/** Nothing can be told to stop here, so there is no signal to make and to abort: that cost more than the rest of this. */
async function within<T>(milliseconds: number, work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TooLate(`no answer in ${milliseconds} ms`)), milliseconds);
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Connection classes of PostgreSQL (08, 53, 57P), of sockets and of the pool: the part is away, the request may be tried again. */
export function isConnectionError(error: unknown): boolean {
  const { code, message, name } = (error ?? {}) as { code?: unknown; message?: unknown; name?: unknown };
  const text = typeof code === 'string' ? code : '';
  return (
    /^(08|53|57P)/.test(text) ||
    /^E(CONN|PIPE|TIMEDOUT|HOSTUNREACH|NOTFOUND|AI_AGAIN)/.test(text) ||
    (typeof message === 'string' &&
      /timeout exceeded when trying to connect|Connection terminated/.test(message)) ||
    // TypeORM's word for a connection that was lost between two statements of a transaction.
    /^QueryRunner(Provider)?AlreadyReleasedError$/.test(String(name))
  );
}
