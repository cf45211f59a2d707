import { Global, Module } from '@nestjs/common';
import { Config } from '#platform/config.js';
import { UploadReader } from './upload-reader.js';

/** Reads what comes in. */
@Global()
@Module({
  providers: [
    { provide: UploadReader, inject: [Config], useFactory: (config: Config) => new UploadReader(config) },
  ],
  exports: [UploadReader],
})
export class UploadsModule {}
