import type { NewVerdict } from '#persistence/verdicts/store-verdict.js';
import type { Question } from './evidence-reader.js';

/** What a verification in a thread of its own is given: everything survives a structured clone, secrets are plain. */
export interface ThreadOrder {
  readonly databaseUrl: string;
  readonly blobs:
    | { readonly kind: 'file'; readonly directory: string }
    | {
        readonly kind: 's3';
        readonly bucket: string;
        readonly region: string;
        readonly endpoint: string | undefined;
        readonly accessKeyId: string | undefined;
        readonly secretAccessKey: string | undefined;
      };
  /** For the links that count. */
  readonly heapBytes: number;
  readonly chainId: number;
  readonly subject: Uint8Array;
  readonly at: Date;
  readonly question: Question;
}

/** The one message that it answers. */
export type ThreadAnswer =
  | { readonly kind: 'found'; readonly verdict: NewVerdict | undefined }
  | { readonly kind: 'too-much' }
  | { readonly kind: 'outage'; readonly part: string; readonly isLate: boolean }
  | { readonly kind: 'failed'; readonly reason: string };
