import { createHash } from 'node:crypto';

export interface Random {
  /** An integer from 0 to less than the limit. */
  below(limit: number): number;
  pick<T>(values: readonly T[]): T;
  shuffled<T>(values: readonly T[]): T[];
  bytes(length: number): Buffer;
}

/** The same seed, the same choices: what a test found can be found again. */
export function randomFrom(seed: string): Random {
  let drawn = 0;
  const block = (): Buffer => createHash('sha256').update(`${seed} ${drawn++}`).digest();
  const below = (limit: number): number => block().readUIntBE(0, 6) % limit;
  return {
    below,
    pick: (values) => {
      const value = values[below(values.length)];
      if (value === undefined) throw new Error('there is nothing to pick from');
      return value;
    },
    shuffled: (values) =>
      values
        .map((value) => ({ value, place: below(2 ** 32) }))
        .sort((a, b) => a.place - b.place)
        .map(({ value }) => value),
    bytes: (length) => {
      const blocks = Array.from({ length: Math.ceil(length / 32) }, block);
      return Buffer.concat(blocks).subarray(0, length);
    },
  };
}
