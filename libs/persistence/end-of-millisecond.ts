/**
 * SQL: the last moment that is written as this time. Times are told in milliseconds and stored with microseconds; what is
 * told to have happened at a time was known at that time.
 */
export function endOfMillisecond(time: string): string {
  return `(${time}::timestamptz + interval '999 microseconds')`;
}
