import { createHash } from 'node:crypto';
import {
  type Layout,
  type Metadata,
  parseAttestation,
  parseMetadata,
  parsePublicKey,
  signersOf,
  validSigners,
} from '#in-toto/index.js';
import { type KeyChangeKind, type KeyRecord, unregistered } from '#key-lifecycle/key-record.js';
import type { ChainSettings } from '#persistence/chains/chain-settings.js';
import type { Anchor, Build, EvidenceLink, Inputs, LinkOfRun, Policy } from '#verification/evidence.js';
import { LINKS_PER_DIGEST, type LinkRef, type TiedLinkSource } from '#verification/tied-candidates.js';
import { keyFingerprint } from './key-fingerprint.js';
import {
  createKey,
  type LayoutBuilder,
  type LinkStory,
  link,
  type SigningKey,
  sha256Hex,
  signMetablock,
} from './supply-chain.js';

/** When these stories take place. */
export const NOW = new Date('2026-06-01T12:00:00Z');
export const LAYOUT_RECEIVED = new Date('2026-05-01T12:00:00Z');

/** Alice, Bob and the others: the same name, the same key. */
export function person(name: string): SigningKey {
  return createKey('ed25519', { seed: name });
}

/** The digest of a file as a subject. */
export function digestOf(content: string): Buffer {
  return Buffer.from(sha256Hex(content), 'hex');
}

export interface RegisterStory extends Partial<Pick<KeyRecord, 'owner' | 'notBefore' | 'notAfter'>> {
  readonly changes?: readonly KeyChangeKind[];
}

export interface Receipt {
  /** Seconds before NOW at which the service received it. */
  readonly age?: number;
  readonly attempt?: number;
}

/** A supply chain by its layout, with the links that the service has received so far: no database, real signatures. */
export class EvidenceWorld {
  readonly owner = person('owner');
  readonly received: LinkOfRun[] = [];
  readonly policy: Policy;
  /** The key register: empty, unless a story says otherwise. */
  readonly keys = new Map<string, KeyRecord>();
  private readonly layoutFile: Metadata;

  constructor(
    builder: LayoutBuilder,
    readonly settings: ChainSettings = { conflict: 'strict', maxAge: {} },
  ) {
    this.layoutFile = parseMetadata(signMetablock(builder.toPayload(), this.owner));
    const functionaries = signersOf(this.layout, [parsePublicKey(this.owner.publicKey)]);
    this.policy = {
      chain: 'acme/web',
      layout: this.layout,
      settings,
      functionaries,
      keys: this.keys,
      at: NOW,
    };
  }

  get layout(): Layout {
    const { payload } = this.layoutFile;
    if (payload.type !== 'layout') throw new Error('the builder makes layouts');
    return payload;
  }

  /** The register learns something of a person's key. */
  register(key: SigningKey, { changes = [], ...said }: RegisterStory): void {
    const fingerprint = keyFingerprint(key);
    const known = this.keys.get(fingerprint) ?? unregistered(fingerprint);
    const recorded = changes.map((change, at) => ({ ...change, seq: String(at + 1), recordedAt: NOW }));
    this.keys.set(fingerprint, { ...known, ...said, changes: recorded });
  }

  /** Somebody performs a step, signs the link and posts it. */
  post(step: string, by: SigningKey | readonly SigningKey[], story: LinkStory, receipt?: Receipt): LinkOfRun {
    return this.postFile(signMetablock(link(step, story), by), receipt);
  }

  postFile(bytes: Buffer, { age = 60, attempt = 1 }: Receipt = {}): LinkOfRun {
    const metadata = parseAttestation(bytes);
    const joined = BigInt(this.received.length + 1);
    const statement = createHash('sha256').update(metadata.signedBytes).digest('hex');
    const arrival = { seq: joined, receivedAt: new Date(NOW.getTime() - age * 1_000) };
    const owners = [parsePublicKey(this.owner.publicKey)];
    // The same said again in other bytes is neither younger nor newer.
    const same = this.received.filter((link) => link.statement === statement);
    const said = validSigners(this.layout, owners, metadata, arrival.receivedAt).map(
      (signer) => [signer, same.find((link) => link.said.has(signer))?.said.get(signer) ?? arrival] as const,
    );
    const posted: LinkOfRun = {
      id: createHash('sha256').update(bytes).digest('hex'),
      statement,
      joined,
      attempt,
      arrival,
      said: new Map(said),
      metadata,
    };
    this.received.push(posted);
    return posted;
  }

  /** What a verification is given about a subject. */
  inputs(subject: Buffer, builds: readonly Build[], others: readonly Anchor[] = []): Inputs {
    return {
      subject,
      chain: this.policy.chain,
      settings: this.settings,
      layout: { id: 'ab'.repeat(32), version: 1, receivedAt: LAYOUT_RECEIVED, metadata: this.layoutFile },
      owners: { keys: [parsePublicKey(this.owner.publicKey)], threshold: 1 },
      keys: this.keys,
      anchors: [{ digest: subject, via: 'itself' }, ...others],
      builds,
      manifests: [],
      manifestsLimited: false,
    };
  }
}

/** Finds links as the index does: by step, side and digest, the newest first, and no more than it would give. */
export function sourceOf(links: readonly EvidenceLink[]): TiedLinkSource {
  const newestFirst = [...links].sort((a, b) => (a.arrival.seq < b.arrival.seq ? 1 : -1));
  return {
    find: async (step, side, digests) => {
      const found = new Map<string, LinkRef[]>();
      for (const digest of digests) {
        const holders = newestFirst.filter(({ metadata: { payload } }) => {
          if (payload.type !== 'link' || payload.name !== step) return false;
          return Object.values(payload[side]).some(({ sha256 }) => sha256 === digest);
        });
        found.set(
          digest,
          holders.slice(0, LINKS_PER_DIGEST).map(({ id }) => id),
        );
      }
      return found;
    },
    load: async (ids) => ids.flatMap((id) => links.find((link) => link.id === id) ?? []),
  };
}
