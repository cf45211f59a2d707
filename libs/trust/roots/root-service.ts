import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { ChainName } from '#persistence/chains/visible-chain.js';
import type { Reader } from '#persistence/transaction.js';
import { type OwnerKey, rootInForce, type TrustedRoot } from '#persistence/trust/root-in-force.js';
import { writtenTrust } from '#persistence/trust/written-trust.js';
import { inTurn, turnForTrust } from '#persistence/turn.js';
import { Problem } from '#platform/problems.js';
import { BlobStore } from '#storage/blob-store.js';
import { blobKey, readVerified, sha256 } from '#storage/content-address.js';
import { Journal } from '#storage/journal.js';
import type { Author } from '../author.js';
import { weighSigners } from '../weigh-signers.js';
import { acceptRoot } from './accept-root.js';
import { type RootDocument, readRoot, rootSigners } from './root-document.js';

export interface AcceptedRoot {
  readonly version: number;
  /** sha256 of the signed bytes. */
  readonly id: string;
  /** How many distinct owners sign a layout, and the next root. */
  readonly threshold: number;
  readonly owners: readonly OwnerKey[];
}

/** Takes in trust roots: parsed, signed by the owners before and after, stored, put in force. */
@Injectable()
export class RootService {
  constructor(
    @Inject(DataSource) private readonly source: DataSource,
    private readonly blobs: BlobStore,
    private readonly journal: Journal,
  ) {}

  /** A root that is in force already is answered as such; everything else that is not the next one is refused. */
  async accept(
    chain: ChainName,
    bytes: Buffer,
    author: Author,
    at: Date,
  ): Promise<{ created: boolean; root: AcceptedRoot }> {
    const document = await readRoot(bytes);
    if (document.chain !== chain.name) {
      throw new Problem('ROOT_OF_ANOTHER_CHAIN', { detail: `The root is of ${document.chain}.` });
    }
    const id = sha256(bytes);
    const { version, threshold, keys: owners } = document;
    const root = { version, id: id.toString('hex'), threshold, owners };
    if (await isInForce(this.source, chain, id)) {
      return { created: false, root };
    }
    const signersOf = remembered((keys) => rootSigners(document, keys, at));
    await requireSuccessor(this.source, chain, document, signersOf, at);
    await this.blobs.put(blobKey(chain.name, 'roots', id), bytes);
    return inTurn(this.source, turnForTrust(chain.id, author.actor), async (tx) => {
      await tx.query('select from chain where id = $1 for update', [chain.id]);
      if (await isInForce(tx, chain, id)) {
        return { created: false, root };
      }
      const before = await requireSuccessor(tx, chain, document, signersOf, at);
      await acceptRoot(tx, chain, before, { ...document, id }, author);
      await this.journal.append(chain.name, await writtenTrust(tx, chain.id));
      return { created: true, root };
    });
  }

  async bytes(chain: ChainName, version: number): Promise<Buffer> {
    const [row] = await this.source.query<{ id: Buffer | null }[]>(
      'select id from trust_root where chain_id = $1 and version = $2',
      [chain.id, version],
    );
    const bytes = row?.id && (await readVerified(this.blobs, chain.name, 'roots', row.id));
    if (!bytes) {
      const detail = version === 1 ? 'The first root was fixed with the chain; GET /roots tells it.' : '';
      throw new Problem('ROOT_UNKNOWN', detail ? { detail } : {});
    }
    return bytes;
  }
}

async function isInForce(reader: Reader, chain: ChainName, id: Buffer): Promise<boolean> {
  const [newest] = await reader.query<{ id: Buffer | null }[]>(
    'select id from trust_root where chain_id = $1 order by version desc limit 1',
    [chain.id],
  );
  return newest?.id?.equals(id) ?? false;
}

/**
 * As TUF has it (5.3): the next version, signed by enough owners of the root in force and by enough of its own. Returns
 * the root that it follows.
 */
async function requireSuccessor(
  reader: Reader,
  chain: ChainName,
  document: RootDocument,
  signersOf: SignersOf,
  at: Date,
): Promise<TrustedRoot> {
  const inForce = await rootInForce(reader, chain.id);
  if (!inForce) {
    throw new Problem('CHAIN_UNKNOWN');
  }
  if (document.version !== inForce.version + 1) {
    throw new Problem('ROOT_VERSION_WRONG', {
      detail: `Version ${inForce.version} is in force, so the next one is ${inForce.version + 1}, not ${document.version}.`,
    });
  }
  for (const root of [inForce, document]) {
    await requireOwners(reader, chain, root, await signersOf(root), at);
  }
  return inForce;
}

async function requireOwners(
  reader: Reader,
  chain: ChainName,
  { version, threshold }: TrustedRoot,
  signers: readonly OwnerKey[],
  at: Date,
): Promise<void> {
  const { owners, refused } = await weighSigners(reader, chain.id, signers, at);
  if (owners.length < threshold) {
    throw new Problem('ROOT_NOT_SIGNED_BY_OWNERS', {
      detail: `${threshold} of the owners by version ${version} must sign; those who validly did: ${owners.join(', ') || 'none'}.`,
      errors: refused,
    });
  }
}

/** Those owners of a root who have validly signed a document. */
type SignersOf = (root: TrustedRoot) => Promise<OwnerKey[]>;

/** What a version of a root says never changes: the chain's row is not held while signatures are checked again. */
function remembered(find: (keys: readonly OwnerKey[]) => Promise<OwnerKey[]>): SignersOf {
  const ofVersion = new Map<number, Promise<OwnerKey[]>>();
  return ({ version, keys }) => {
    const signers = ofVersion.get(version) ?? find(keys);
    ofVersion.set(version, signers);
    return signers;
  };
}
