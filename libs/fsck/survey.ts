import type { BlobKind } from '#storage/content-address.js';
import type { JournalStream } from '#storage/journal.js';

/** What a key says. */
export type Address =
  | { readonly kind: BlobKind; readonly chain: string; readonly id: Buffer }
  | {
      readonly kind: 'journal';
      readonly chain: string;
      readonly stream: JournalStream;
      readonly hour: string;
    };

const BLOB = /^(.+)\/(links|layouts|manifests|roots)\/([0-9a-f]{2})\/(\3[0-9a-f]{62})$/;
const JOURNAL = /^(.+)\/journal\/(links|images|trust)\/(\d{4}-\d\d-\d\dT\d\d)\/[0-9a-f]{64}$/;

/** Undefined: no key that Custody gives. */
export function readKey(key: string): Address | undefined {
  const blob = BLOB.exec(key);
  if (blob) {
    const [, chain = '', kind, , hex = ''] = blob;
    return { kind: kind as BlobKind, chain, id: Buffer.from(hex, 'hex') };
  }
  const journal = JOURNAL.exec(key);
  if (journal) {
    const [, chain = '', stream, hour = ''] = journal;
    return { kind: 'journal', chain, stream: stream as JournalStream, hour };
  }
  return undefined;
}

/** The chains that the blob store has a journal of, and the hours in which links and images arrived. */
export class Survey {
  private readonly hours = new Map<string, Record<JournalStream, Set<string>>>();

  note(address: Address | undefined): void {
    if (address?.kind === 'journal') {
      const { chain, stream, hour } = address;
      const known = this.hours.get(chain) ?? { trust: new Set(), links: new Set(), images: new Set() };
      this.hours.set(chain, known);
      known[stream].add(hour);
    }
  }

  get chains(): string[] {
    return [...this.hours.keys()].sort();
  }

  hoursOf(chain: string, stream: JournalStream): string[] {
    return [...(this.hours.get(chain)?.[stream] ?? [])].sort();
  }
}
