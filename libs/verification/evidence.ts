import type { Functionary, Layout, Metadata, PublicKey } from '#in-toto/index.js';
import type { KeyRecord } from '#key-lifecycle/key-record.js';
import type { KeyRefusal } from '#key-lifecycle/signature-counts.js';
import type { ChainSettings } from '#persistence/chains/chain-settings.js';
import type { Arrival } from '#persistence/subjects/subject-evidence.js';
import type { MetSignature } from '#persistence/verdicts/verdict-basis.js';

/** A link with its bytes read, hash checked and parsed. */
export interface EvidenceLink {
  /** sha256 of its bytes, hexadecimal. */
  readonly id: string;
  /** sha256 of what its signatures cover, hexadecimal. Files that differ in it say different things. */
  readonly statement: string;
  /** When this file came. */
  readonly arrival: Arrival;
  /** When each signer first said what it says, as the index knows it: see `EvidenceRow`. */
  readonly said: ReadonlyMap<string, Arrival>;
  readonly metadata: Metadata;
}

/** A link in the name of one signer, with the time at which that signer first said this. */
export interface SignedLink extends EvidenceLink {
  readonly saidAt: Arrival;
}

export interface LinkOfRun extends EvidenceLink {
  /** Order in which links joined runs. */
  readonly joined: bigint;
  readonly attempt: number;
}

/** The layout in force, and what the chain has decided: by which every link is screened. */
export interface Policy {
  readonly chain: string;
  readonly layout: Layout;
  readonly settings: ChainSettings;
  /** Who may sign the link of a step, or of an inspection. */
  readonly functionaries: ReadonlyMap<string, readonly Functionary[]>;
  readonly keys: KeyRegister;
  readonly at: Date;
}

/** What the chain knows of its keys, by fingerprint. */
export type KeyRegister = ReadonlyMap<string, KeyRecord>;

export type RejectionReason =
  | KeyRefusal
  | 'NOT_A_STEP'
  | 'KEY_NOT_AUTHORISED'
  | 'SIGNATURE_INVALID'
  | 'OTHER_CHAIN'
  | 'TOO_OLD'
  | 'REPLACED'
  | 'NOT_TIED';

/** A link that does not count, and why. */
export interface RejectedLink {
  readonly id: string;
  readonly step: string;
  readonly keyids: readonly string[];
  /** Signatures name so many more. */
  readonly omittedKeyids?: number;
  readonly reason: RejectionReason;
  /** KEY_NOT_AUTHORISED: key ids that may; OTHER_CHAIN: this chain; TOO_OLD: seconds that are allowed. */
  readonly expected?: readonly string[];
  /** OTHER_CHAIN: the chain it names; TOO_OLD: its age in seconds. */
  readonly found?: readonly string[];
  /** REPLACED: the link that took its place. */
  readonly by?: string;
  /** What the key register refuses: valid signatures that may count once a key's limit has ended. */
  readonly met?: readonly MetSignature[];
}

/**
 * Two different links of one step in one attempt of a run, or a newer attempt with an older link. All are kept; which one
 * is right nobody can tell.
 */
export interface Conflict {
  readonly step: string;
  readonly keyid: string;
  readonly links: readonly string[];
}

/** File name as in an in-toto link directory, `step.keyid8.link` → the link that stands there. */
export type Directory = ReadonlyMap<string, SignedLink>;

/** One build that may explain the subject: a run, or the links that MATCH rules tie together where no run is named. */
export interface Build {
  /** Null: the build names no run. */
  readonly run: string | null;
  /** For a run exactly one. Otherwise every consistent set that was found. */
  readonly directories: readonly Directory[];
  /** What stood in the directory of a run before jobs were repeated, the newest first. */
  readonly earlier: readonly Directory[];
  /** Accepted links that a conflicting or newer one took the place of. */
  readonly displaced: readonly EvidenceLink[];
  readonly rejected: readonly RejectedLink[];
  /** Of every link that would count but for the key register, and of those that do. */
  readonly met: readonly MetSignature[];
  readonly conflicts: readonly Conflict[];
  /** Steps that no MATCH rule ties to the rest, so that nothing can be chosen for them. */
  readonly untied: readonly string[];
  /** The search gave up before it had seen everything. */
  readonly limited: boolean;
}

/** What a subject is anchored by: itself, the config it names, or an index that lists it. */
export interface Anchor {
  readonly digest: Buffer;
  readonly via: 'itself' | 'config' | 'index';
}

/** Everything a verdict follows from, as values: the same inputs give the same judgement, whoever computes it. */
export interface Inputs {
  /** 32 bytes. */
  readonly subject: Buffer;
  readonly chain: string;
  readonly settings: ChainSettings;
  readonly layout: ActiveLayout | undefined;
  readonly owners: Owners;
  /** Of the layout's keys and the owners'. */
  readonly keys: KeyRegister;
  readonly anchors: readonly Anchor[];
  /** Newest first. Empty for an image index whose manifests are known. */
  readonly builds: readonly Build[];
  /** For an image index: what is known of each image manifest in it. */
  readonly manifests: readonly Inputs[];
  /** The index has more manifests than were looked at. */
  readonly manifestsLimited: boolean;
}

export interface Owners {
  readonly keys: readonly PublicKey[];
  readonly threshold: number;
}

export interface ActiveLayout {
  readonly id: string;
  readonly version: number;
  /** When its signatures came in. */
  readonly receivedAt: Date;
  readonly metadata: Metadata;
}
