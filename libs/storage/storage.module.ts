import { Global, Injectable, Module } from '@nestjs/common';
import { Config } from '#platform/config.js';
import { Readiness } from '#platform/health.js';
import { BlobStore } from './blob-store.js';
import { Journal } from './journal.js';
import { MetadataReader } from './metadata-reader.js';
import { openBlobStore } from './open-blob-store.js';

@Injectable()
class BlobReadiness {
  constructor(store: BlobStore, readiness: Readiness) {
    readiness.register('blobs', () => store.check());
  }
}

/** The blob store that the configuration names. */
@Global()
@Module({
  providers: [
    {
      provide: BlobStore,
      inject: [Config],
      useFactory: ({ blobs }: Config) => openBlobStore(blobs),
    },
    {
      provide: MetadataReader,
      inject: [BlobStore],
      useFactory: (store: BlobStore) => new MetadataReader(store),
    },
    { provide: Journal, inject: [BlobStore], useFactory: (store: BlobStore) => new Journal(store) },
    BlobReadiness,
  ],
  exports: [BlobStore, Journal, MetadataReader],
})
export class StorageModule {}
