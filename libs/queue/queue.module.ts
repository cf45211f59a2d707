import { Global, Injectable, Module, type OnApplicationShutdown } from '@nestjs/common';
import { AppLogger } from '#platform/app-logger.js';
import { Config } from '#platform/config.js';
import { Readiness } from '#platform/health.js';
import { createVerificationQueue, VerificationQueue } from './verification-queue.js';

@Injectable()
class QueueLifecycle implements OnApplicationShutdown {
  constructor(
    private readonly queue: VerificationQueue,
    readiness: Readiness,
  ) {
    readiness.register('queue', () => queue.check());
  }

  async onApplicationShutdown(): Promise<void> {
    await this.queue.close();
  }
}

/** For processes that verify. */
@Global()
@Module({
  providers: [
    {
      provide: VerificationQueue,
      inject: [Config, AppLogger],
      useFactory: (config: Config, log: AppLogger) =>
        createVerificationQueue(config, (error) => log.warn({ err: error }, 'queue connection')),
    },
    QueueLifecycle,
  ],
  exports: [VerificationQueue],
})
export class QueueModule {}
