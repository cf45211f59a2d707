/** Where a long pass tells how far it is. */
export abstract class Progress {
  /** A new phase begins; `total` when it is known how much there is to do. */
  abstract begin(phase: string, total?: number): void;
  abstract advance(by?: number): void;
  /** The last phase is over. */
  abstract end(): void;
}

interface Terminal {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

const LINE_EVERY_MS = 200;
const LOG_EVERY_MS = 10_000;

/** On a terminal one line that changes, with rate and time to go; else a line now and then. */
export class TerminalProgress extends Progress {
  private phase = '';
  private total: number | undefined;
  private done = 0;
  private started = 0;
  private told = 0;

  constructor(
    private readonly terminal: Terminal,
    private readonly now: () => number = Date.now,
  ) {
    super();
  }

  begin(phase: string, total?: number): void {
    this.end();
    this.phase = phase;
    this.total = total;
    this.done = 0;
    this.started = this.now();
    this.told = this.started;
  }

  advance(by = 1): void {
    this.done += by;
    const due = this.told + (this.terminal.isTTY ? LINE_EVERY_MS : LOG_EVERY_MS);
    if (this.now() >= due) {
      this.told = this.now();
      this.terminal.write(this.terminal.isTTY ? `\r\x1b[K${this.line()}` : `${this.line()}\n`);
    }
  }

  end(): void {
    if (this.phase !== '') {
      const clear = this.terminal.isTTY ? '\r\x1b[K' : '';
      const seconds = ((this.now() - this.started) / 1_000).toFixed(1);
      this.terminal.write(`${clear}${this.phase}: ${this.done} in ${seconds} s\n`);
      this.phase = '';
    }
  }

  private line(): string {
    const seconds = Math.max(0.001, (this.now() - this.started) / 1_000);
    const rate = this.done / seconds;
    const of = this.total === undefined ? '' : ` of ${this.total}`;
    const left = this.total === undefined ? '' : `, ${Math.ceil((this.total - this.done) / rate)} s to go`;
    return `${this.phase}: ${this.done}${of}, ${Math.round(rate)}/s${left}`;
  }
}
