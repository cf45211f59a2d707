import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

/**
 * Loaded into a service beforehand (`NODE_OPTIONS=--import …`): how long one turn of its event loop held it at most, in
 * CPU time of that thread alone, which other processes on the machine do not change. `GET` of the port that
 * LONGEST_TURN_PORT names answers milliseconds, and begins anew.
 */
const port = Number(process.env.LONGEST_TURN_PORT);
let longest = 0;
let before = cpuNanoseconds();

function turn(): void {
  const now = cpuNanoseconds();
  longest = Math.max(longest, now - before);
  before = now;
  setImmediate(turn);
}

/** What the kernel has counted for the main thread, whose id is that of the process. */
function cpuNanoseconds(): number {
  const [onCpu] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ');
  return Number(onCpu);
}

if (port) {
  turn();
  createServer((_request, response) => {
    // Minutes may pass until it is asked again.
    response.setHeader('connection', 'close').end(String(longest / 1e6));
    longest = 0;
  })
    .listen(port, '127.0.0.1')
    .unref();
}
