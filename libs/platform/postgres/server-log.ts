import { open, readFile, rename, stat } from 'node:fs/promises';
import type { Home } from '#platform/postgres/home.js';

const ROTATE_AT = 1024 * 1024;
const TAIL_LINES = 20;

/** The server logs to a file, not to a pipe: it must be able to go on when the process that started it is gone. */
export interface ServerLog {
  readonly fd: number;
  /** The last lines that were written since this start. */
  tail(): Promise<string>;
  close(): Promise<void>;
}

export async function openServerLog({ log }: Home): Promise<ServerLog> {
  if ((await sizeOf(log)) > ROTATE_AT) await rename(log, `${log}.1`);
  const start = await sizeOf(log);
  const file = await open(log, 'a', 0o600);
  return {
    fd: file.fd,
    tail: async () => {
      const text = (await readFile(log)).subarray(start).toString();
      return text.trim().split('\n').slice(-TAIL_LINES).join('\n');
    },
    close: () => file.close(),
  };
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}
