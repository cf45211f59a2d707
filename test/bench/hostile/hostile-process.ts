import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Order, Tally } from './order.js';

/** Plays an act in a process of its own while the work is done, so that its load does not hold up the tenant's clock. */
export async function besideHostile<T>(
  order: Order,
  work: () => Promise<T>,
): Promise<{ result: T; tally: Tally }> {
  const child = fork(fileURLToPath(new URL('./main.js', import.meta.url)), {
    serialization: 'advanced',
    execArgv: [],
  });
  await once(child, 'spawn');
  child.send(order);
  try {
    await messageOf<'acting'>(child);
    const result = await work();
    child.send('stop');
    return { result, tally: await messageOf<Tally>(child) };
  } finally {
    child.kill('SIGKILL');
  }
}

function messageOf<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    child.once('message', (message: T) => resolve(message));
    child.once('exit', (code) => reject(new Error(`the hostile process ended with ${code}`)));
  });
}
