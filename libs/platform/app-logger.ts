import type { LogFn } from 'pino';

/** Injection token and type of the process's logger. */
export abstract class AppLogger {
  abstract readonly debug: LogFn;
  abstract readonly info: LogFn;
  abstract readonly warn: LogFn;
  abstract readonly error: LogFn;
}
