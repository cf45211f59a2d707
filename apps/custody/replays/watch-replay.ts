import { setTimeout as sleep } from 'node:timers/promises';
import type { ReplayInfo } from '#replays/replay-info.js';
import { CommandError } from '../command-error.js';
import type { ServiceClient } from '../service-client.js';
import { type ProgressDisplay, progressDisplay } from './progress-display.js';
import { eventData } from './server-sent-events.js';

const AT_REST: readonly ReplayInfo['state'][] = ['ready', 'applied', 'cancelled', 'failed'];
const RETRY_AFTER_MS = 1_000;

/** Shows the progress until nothing moves by itself any more. A stream that breaks off is opened again. */
export async function watchReplay(
  service: ServiceClient,
  id: string,
  display: ProgressDisplay = progressDisplay(process.stderr),
): Promise<ReplayInfo> {
  for (;;) {
    const last = await follow(service, id, (replay) => display.show(replay));
    if (last && AT_REST.includes(last.state)) {
      display.end();
      return last;
    }
    await sleep(RETRY_AFTER_MS);
  }
}

async function follow(
  service: ServiceClient,
  id: string,
  told: (replay: ReplayInfo) => void,
): Promise<ReplayInfo | undefined> {
  const path = `/replays/${encodeURIComponent(id)}/events`;
  const { body } = await service.open('GET', path, { accept: 'text/event-stream' });
  if (!body) {
    throw new CommandError('The service told nothing of the replay.');
  }
  let last: ReplayInfo | undefined;
  try {
    for await (const data of eventData(body)) {
      last = JSON.parse(data) as ReplayInfo;
      told(last);
    }
  } catch (error) {
    // The connection broke; undici tells it so.
    if (!(error instanceof TypeError)) throw error;
  }
  return last;
}
