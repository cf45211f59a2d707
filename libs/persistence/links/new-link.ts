import type { Poster } from '../postings/poster.js';
import { SERVICE } from '../subjects/turns.js';

/** A link whose blob is stored, as it enters the index. */
export interface NewLink {
  /** sha256 of the stored bytes. */
  readonly id: Buffer;
  /** sha256 of what the signatures cover. */
  readonly statement: Buffer;
  readonly step: string;
  readonly container: 'metablock' | 'dsse';
  readonly keyids: readonly string[];
  readonly size: number;
  /** Distinct sha256 digests, 32 bytes each, one after the other. */
  readonly materials: Buffer;
  readonly products: Buffer;
  /** Fingerprints (32 bytes each) of those who may sign it and validly have; none: it is not proven. */
  readonly signers: readonly Buffer[];
  /** seq of the last event of the chain's trust by which that was found. Absent: nobody says by which. */
  readonly trustEpoch?: string;
  readonly run: string | undefined;
  readonly attempt: number;
  /** A subject that CI says this run explains. A claim to be proven by the verification. */
  readonly declared: Buffer | undefined;
  /** Absent: nobody knows, as of links from before posters were recorded. */
  readonly poster?: Poster | undefined;
  /** Only where an arrival of earlier is written again: its place and time. */
  readonly arrival?: Arrival;
}

export interface Arrival {
  readonly at: Date;
  readonly seq: string;
  /** The place of its membership in the run. */
  readonly joined: string | undefined;
}

/** By whose marks it wakes subjects. What arrived earlier the service indexes by itself. */
export function wakerOf({ poster, arrival }: Pick<NewLink, 'poster' | 'arrival'>): string {
  return arrival ? SERVICE : (poster?.principal ?? SERVICE);
}

/** A link as the index now knows it. */
export interface IndexedLink extends NewLink {
  readonly seq: string;
  readonly created: boolean;
  /** Until now it was known of runs only. */
  readonly madeLoose: boolean;
  /** That it is there, or may be evidence without a run, was not known before. */
  readonly isNews: boolean;
  /** It may count as evidence, so that what is allowed may change by it. */
  readonly decides: boolean;
  readonly receivedAt: Date;
}

export type LinkInRun = IndexedLink & { readonly run: string };
