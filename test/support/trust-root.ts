import type { JsonObject } from '#in-toto/json/value.js';
import { type SigningKey, signDssePayload } from './supply-chain.js';

export const ROOT_TYPE = 'application/vnd.custody.root+json';

/** Who owns a chain, by name. Somebody with two keys is named twice. */
export type Owners = readonly (readonly [name: string, key: SigningKey])[];

export interface RootStory {
  readonly chain: string;
  readonly version: number;
  readonly owners: Owners;
  readonly threshold?: number;
}

export function rootPayload({ chain, version, owners, threshold = 1 }: RootStory): JsonObject {
  return { _type: 'custody-root', chain, version, threshold, owners: namedOwners(owners) };
}

/** As in a request for a new chain, and in a root. */
export function namedOwners(owners: Owners): JsonObject[] {
  return owners.map(([owner, key]) => ({ owner, key: key.publicKey }));
}

/** A root as its owners sign it. */
export function signRoot(story: RootStory, ...keys: SigningKey[]): Buffer {
  return signRootPayload(rootPayload(story), ...keys);
}

export function signRootPayload(payload: JsonObject, ...keys: SigningKey[]): Buffer {
  return signDssePayload(Buffer.from(JSON.stringify(payload)), keys, ROOT_TYPE);
}
