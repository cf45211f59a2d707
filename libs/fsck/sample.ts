import { createHash } from 'node:crypto';

/** So many of all, or a share between 0 and 1. */
export type SampleSize = { readonly count: number } | { readonly share: number };

/** Chooses by hash, so that the same seed chooses the same again, in whatever order they come. */
export function sampler(seed: string, size: SampleSize, total: number): (id: Buffer) => boolean {
  const share = 'share' in size ? size.share : total === 0 ? 1 : size.count / total;
  if (share >= 1) {
    return () => true;
  }
  return (id) => createHash('sha256').update(seed).update(id).digest().readUInt32BE() / 2 ** 32 < share;
}
