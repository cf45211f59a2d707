import type { WriteStream } from 'node:tty';
import type { ReplayInfo } from '#replays/replay-info.js';

type Progress = Pick<ReplayInfo, 'state' | 'done' | 'total' | 'flips' | 'rate' | 'eta'>;

export interface ProgressDisplay {
  show(progress: Progress): void;
  end(): void;
}

const BAR_WIDTH = 30;
const CLEAR_LINE = '\r\u001b[K';

/** One line that is drawn again on a terminal; elsewhere a line for every tenth of the way. */
export function progressDisplay(stream: Pick<WriteStream, 'write' | 'isTTY'>): ProgressDisplay {
  if (stream.isTTY) {
    return {
      show: (progress) => void stream.write(`${CLEAR_LINE}${bar(progress)} ${wording(progress)}`),
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

function bar(progress: Progress): string {
  const filled = Math.round(BAR_WIDTH * share(progress));
  return `[${'#'.repeat(filled)}${'-'.repeat(BAR_WIDTH - filled)}]`;
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
