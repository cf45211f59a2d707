import type { WriteStream } from 'node:tty';
import type { ReplayInfo } from '#replays/replay-info.js';

type Progress = Pick<ReplayInfo, 'state' | 'done' | 'total' | 'flips' | 'rate' | 'eta'>;

export interface ProgressDisplay {
  show(progress: Progress): void;
  end(): void;
}

/** `columns` is unknown where it is no terminal. */
type Terminal = Pick<WriteStream, 'write' | 'isTTY'> & { readonly columns?: number };

const BAR_WIDTH = 30;
const NARROWEST_BAR = 5;
const CLEAR_LINE = '\r\u001b[K';

/** One line that is drawn again on a terminal; elsewhere a line for every tenth of the way. */
export function progressDisplay(stream: Terminal): ProgressDisplay {
  if (stream.isTTY) {
    return {
      show: (progress) => void stream.write(`${CLEAR_LINE}${line(progress, stream.columns)}`),
      end: () => void stream.write('\n'),
    };
  }
  let shown = '';
  return {
    show: (progress) => {
      const stage = `${progress.state} ${Math.floor(10 * share(progress))}`;
      if (stage === shown) return;
      shown = stage;
      stream.write(`${wording(progress)}\n`);
    },
    end: () => {},
  };
}

/** Never wider than the terminal: a line that is wrapped cannot be drawn again. The bar gives way to the words. */
function line(progress: Progress, columns = Number.POSITIVE_INFINITY): string {
  const words = wording(progress);
  const room = columns - 1;
  const width = Math.min(BAR_WIDTH, room - words.length - '[] '.length);
  return width < NARROWEST_BAR ? words.slice(0, room) : `${bar(progress, width)} ${words}`;
}

function bar(progress: Progress, width: number): string {
  const filled = Math.round(width * share(progress));
  return `[${'#'.repeat(filled)}${'-'.repeat(width - filled)}]`;
}

function wording({ state, done, total, flips, rate, eta }: Progress): string {
  const percent = Math.floor(100 * share({ done, total }));
  const speed = rate === null ? '' : `, ${rate} a second`;
  const left = eta === null ? '' : `, ${duration(eta)} left`;
  return `${state}: ${percent} %, ${done} of ${total}, ${flips} flips${speed}${left}`;
}

function share({ done, total }: Pick<Progress, 'done' | 'total'>): number {
  return total === 0 ? 1 : done / total;
}

function duration(seconds: number): string {
  const units = [
    [Math.floor(seconds / 3_600), 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const;
  const first = units.findIndex(([count]) => count > 0);
  const told = first < 0 ? units.slice(-1) : units.slice(first, first + 2);
  return told.map(([count, unit]) => `${count} ${unit}`).join(' ');
}
