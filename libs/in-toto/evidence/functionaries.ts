import { fingerprintOf } from '../keys/fingerprint.js';
import type { PublicKey } from '../keys/public-key.js';
import type { Layout } from '../metadata/layout.js';
import type { Metadata } from '../metadata/metadata.js';
import { validSignatures } from '../workflow/signatures.js';

/** A key under one of the ids by which it may sign. */
export interface Functionary {
  /** The key that verifies: for a subkey, the key it belongs to. */
  readonly key: PublicKey;
  /** The id by which the layout lists it, whose first characters name the link file. */
  readonly listedAs: string;
  /** The id that its signatures carry. */
  readonly signsAs: string;
}

/** Who may sign what, by the name of the step or inspection (in-toto 1.0 §4.3.1; verifylib step 6). */
export function functionariesOf(layout: Layout): ReadonlyMap<string, readonly Functionary[]> {
  const all = allFunctionaries(layout);
  return new Map(
    layout.steps.map(({ name, pubkeys }) => [
      name,
      all.filter(({ listedAs, holder }) => pubkeys.includes(listedAs) || pubkeys.includes(holder)),
    ]),
  );
}

/** Keys that the layout holds and lets sign no step: whoever performs a step must not be the one who inspects it. */
export function keysWithoutStep(layout: Layout): Functionary[] {
  const listed = new Set(layout.steps.flatMap(({ pubkeys }) => pubkeys));
  const ofSteps = new Set(
    allFunctionaries(layout)
      .filter(({ listedAs, holder }) => listed.has(listedAs) || listed.has(holder))
      .map(({ holder }) => holder),
  );
  return allFunctionaries(layout).filter(({ holder }) => !ofSteps.has(holder));
}

function allFunctionaries(layout: Layout): (Functionary & { readonly holder: string })[] {
  return [...layout.keys].flatMap(([keyid, key]) => [
    { key, holder: keyid, listedAs: keyid, signsAs: key.keyid },
    ...[...key.subkeys.keys()].map((subkey) => ({ key, holder: keyid, listedAs: subkey, signsAs: subkey })),
  ]);
}

/**
 * Who may sign what, inspections too: those are satisfied by a link that an owner signed, or a key that the layout holds
 * without giving it a step.
 */
export function signersOf(
  layout: Layout,
  owners: readonly PublicKey[],
): ReadonlyMap<string, readonly Functionary[]> {
  const inspectors = [
    ...owners.map((key) => ({ key, listedAs: key.keyid, signsAs: key.keyid })),
    ...keysWithoutStep(layout),
  ];
  return new Map([
    ...functionariesOf(layout),
    ...layout.inspect.map(({ name }) => [name, inspectors] as const),
  ]);
}

/** Signatures of a file in one key's name that are tried: anybody can add any number, and honest tools make one. */
export const SIGNATURES_TRIED = 2;

/** Fingerprints of those who may sign the link, by this layout and these owners, and had validly done so when it came in. */
export function validSigners(
  layout: Layout,
  owners: readonly PublicKey[],
  metadata: Metadata,
  receivedAt: Date,
): string[] {
  const { payload, signatures } = metadata;
  if (payload.type !== 'link' || typeof payload.name !== 'string') return [];
  const keyids = new Set(signatures.map(({ keyid }) => keyid));
  const named =
    signersOf(layout, owners)
      .get(payload.name)
      ?.filter(({ signsAs }) => keyids.has(signsAs)) ?? [];
  const valid = named.filter(
    ({ key }) => validSignatures(metadata, [key], receivedAt, SIGNATURES_TRIED).length > 0,
  );
  return [...new Set(valid.flatMap(({ key }) => fingerprintOf(key) ?? []))];
}
