import { hashesOf, type Link, type Metadata, sameHashes } from '#in-toto/index.js';
import { anchorKeys } from '#persistence/subjects/anchor-keys.js';
import type { Anchor } from './evidence.js';

/** The product of a link that speaks of the subject. */
export interface AnchoringProduct {
  readonly path: string;
  readonly anchor: Anchor;
  /** The product is the digest itself, or a file that holds it as text. */
  readonly form: 'digest' | 'digest file';
}

/**
 * The first product of the link that is one of the anchors, or a file that holds the digest of one as text. Undefined,
 * too, where the chain says which steps make images, and this is none or only handed the file on.
 */
export function anchoringProduct(
  { payload }: Metadata,
  anchors: readonly Anchor[],
  anchorSteps?: readonly string[],
): AnchoringProduct | undefined {
  if (payload.type !== 'link' || !makesImages(payload, anchorSteps)) {
    return undefined;
  }
  const keys = new Map(
    anchors.flatMap((anchor) =>
      anchorKeys(anchor.digest).map((key, position) => [
        key.toString('hex'),
        { anchor, form: position === 0 ? ('digest' as const) : ('digest file' as const) },
      ]),
    ),
  );
  for (const path in payload.products) {
    // Only sha256 counts, whatever other digests stand beside it: the same hexadecimal digits of another algorithm
    // are another file.
    const hex = payload.products[path]?.sha256;
    const found = hex === undefined ? undefined : keys.get(hex.toLowerCase());
    if (found && !(anchorSteps && isHandedOn(payload, path))) {
      return { path, ...found };
    }
  }
  return undefined;
}

/** The step had the file before, and changed nothing in it. */
function isHandedOn({ materials, products }: Link, path: string): boolean {
  const [before, after] = [hashesOf(materials, path), hashesOf(products, path)];
  return before !== undefined && after !== undefined && sameHashes(before, after);
}

function makesImages({ name }: Link, anchorSteps: readonly string[] | undefined): boolean {
  return !anchorSteps || (typeof name === 'string' && anchorSteps.includes(name));
}
