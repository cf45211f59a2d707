import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DataSource } from 'typeorm';
import { LinkProver } from '#ingest/prove-link.js';
import { readLink } from '#persistence/links/read-link.js';
import { storeLinks } from '#persistence/links/store-links.js';
import { inTransaction } from '#persistence/transaction.js';
import { BlobStore } from '#storage/blob-store.js';
import { blobKey } from '#storage/content-address.js';
import type { Target } from './world.js';

const AT_ONCE = 500;

/** Takes links in as uploads are, but hundreds a transaction: what a flood of requests would come to in the end. */
export function storeManyOf(app: NestFastifyApplication): Target['storeMany'] {
  const [source, blobs, prover] = [app.get(DataSource), app.get(BlobStore), app.get(LinkProver)];
  return async (name, links) => {
    const [chain] = await source.query<{ id: number; name: string }[]>(
      'select id, name from chain where name = $1',
      [name],
    );
    if (!chain) throw new Error(`there is no chain ${name}`);
    for (let start = 0; start < links.length; start += AT_ONCE) {
      const batch = await Promise.all(
        links.slice(start, start + AT_ONCE).map(async ({ bytes, run }) => {
          const { metadata, ...link } = readLink(bytes);
          const signers = await prover.signersOf(chain, metadata, run, new Date());
          await blobs.put(blobKey(name, 'links', link.id), bytes);
          return { ...link, signers, run, attempt: 1, declared: undefined };
        }),
      );
      await inTransaction(source, (tx) => storeLinks(tx, chain.id, batch));
    }
  };
}
