export type ActName = 'connections' | 'links' | 'heavy' | 'batches';

/** What the hostile process is told. */
export interface Order {
  readonly act: ActName;
  readonly port: number;
  readonly connections: number;
  /** `authorization` of a token that may post links of one chain. */
  readonly authorization: string;
  /** In whose name links are forged. */
  readonly keyid: string;
  /** Large links, soundly signed by a functionary of the chain. */
  readonly links: readonly Buffer[];
}

/** What it tells at the end. */
export interface Tally {
  /** By status; `closed` for a connection that ended without an answer, `failed` for a request that had none. */
  readonly answers: Record<string, number>;
  bytes: number;
}

export function count({ answers }: Tally, answer: string): void {
  answers[answer] = (answers[answer] ?? 0) + 1;
}
