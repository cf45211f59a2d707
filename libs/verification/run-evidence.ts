import { type Layout, type Metadata, type PublicKey, validSignatures } from '#in-toto/index.js';

/** A link of a run, as the index and the blob store gave it. */
export interface LinkOfRun {
  /** sha256 of its bytes, hexadecimal. */
  readonly id: string;
  /** Order in which the links joined the run. */
  readonly seq: bigint;
  readonly metadata: Metadata;
}

export type RejectionReason = 'NOT_A_STEP' | 'KEY_NOT_AUTHORISED' | 'SIGNATURE_INVALID' | 'REPLACED';

export interface RejectedLink {
  readonly id: string;
  readonly step: string;
  readonly keyids: readonly string[];
  readonly reason: RejectionReason;
  /** For KEY_NOT_AUTHORISED: the ids that the layout names for the step. */
  readonly expected?: readonly string[];
  /** For REPLACED: the newer link of the same step and key. */
  readonly by?: string;
}

export interface RunEvidence {
  /** File name as in an in-toto link directory, `step.keyid8.link` → the link that stands there. */
  readonly files: ReadonlyMap<string, LinkOfRun>;
  readonly rejected: readonly RejectedLink[];
}

/**
 * Lays the links of a run out as in-toto's link directory. Only a link whose name is the step's and whose signature by a
 * key authorised for that step is valid gets a place, so that nobody without such a key can push a good link out of its
 * place; of two such links of one step and key the newer stands.
 */
export function layOutRun(layout: Layout, links: readonly LinkOfRun[], at: Date): RunEvidence {
  const files = new Map<string, LinkOfRun>();
  const rejected: RejectedLink[] = [];
  const authorised = authorisedKeys(layout);
  const inOrder = [...links].sort((a, b) => (a.seq < b.seq ? -1 : 1));
  for (const link of inOrder) {
    const step = stepOf(link);
    const about = { id: link.id, step, keyids: link.metadata.signatures.map((signature) => signature.keyid) };
    const keys = authorised.get(step);
    if (!keys) {
      rejected.push({ ...about, reason: 'NOT_A_STEP' });
      continue;
    }
    const named = keys.filter(({ signsAs }) => about.keyids.includes(signsAs));
    if (named.length === 0) {
      rejected.push({ ...about, reason: 'KEY_NOT_AUTHORISED', expected: keys.map(({ signsAs }) => signsAs) });
      continue;
    }
    const valid = named.filter(({ key }) => validSignatures(link.metadata, [key], at).length > 0);
    if (valid.length === 0) {
      rejected.push({ ...about, reason: 'SIGNATURE_INVALID' });
      continue;
    }
    for (const { listedAs } of valid) {
      const name = `${step}.${listedAs.slice(0, 8)}.link`;
      const older = files.get(name);
      if (older && older.id !== link.id) {
        rejected.push({ id: older.id, step, keyids: [listedAs], reason: 'REPLACED', by: link.id });
      }
      files.set(name, link);
    }
  }
  return { files, rejected };
}

interface AuthorisedKey {
  readonly key: PublicKey;
  /** The id by which the layout lists it, whose first eight characters name the file. */
  readonly listedAs: string;
  /** The id that its signatures carry. */
  readonly signsAs: string;
}

/** Per step: the keys that may sign its link, and the subkeys that may do so in their name (verifylib, step 6). */
function authorisedKeys(layout: Layout): Map<string, AuthorisedKey[]> {
  const all = [...layout.keys].flatMap(([keyid, key]) => [
    { key, holder: keyid, listedAs: keyid, signsAs: key.keyid },
    ...[...key.subkeys.keys()].map((subkey) => ({ key, holder: keyid, listedAs: subkey, signsAs: subkey })),
  ]);
  return new Map(
    layout.steps.map(({ name, pubkeys }) => [
      name,
      all.filter(({ listedAs, holder }) => pubkeys.includes(listedAs) || pubkeys.includes(holder)),
    ]),
  );
}

function stepOf({ metadata }: LinkOfRun): string {
  const { payload } = metadata;
  return payload.type === 'link' && typeof payload.name === 'string' ? payload.name : '';
}
