/** Stable code → HTTP status, title and what to do. */
export type ProblemTable = Record<string, readonly [status: number, title: string, remedy: string]>;
