import { createHash } from 'node:crypto';

/**
 * The product hashes that tie a link to a subject: the subject's own digest, and the hashes of the small files that
 * build scripts write it to (`docker inspect … > image-digest.txt`), with and without the algorithm and a final newline.
 */
export function anchorKeys(subject: Buffer): Buffer[] {
  const hex = subject.toString('hex');
  const texts = [`sha256:${hex}`, `sha256:${hex}\n`, hex, `${hex}\n`];
  return [subject, ...texts.map((text) => createHash('sha256').update(text).digest())];
}
