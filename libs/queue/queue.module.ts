import {
  Global,
  Injectable,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { AppLogger } from '#platform/app-logger.js';
import { Config } from '#platform/config.js';
import { Readiness } from '#platform/health.js';
import { Hints } from './hints.js';
import { createVerificationQueue, VerificationQueue } from './verification-queue.js';

@Injectable()
class QueueLifecycle implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    private readonly queue: VerificationQueue,
    private readonly hints: Hints,
    readiness: Readiness,
  ) {
    readiness.register('queue', () => queue.check());
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.hints.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.hints.close();
    await this.queue.close();
  }
}

/** For processes that verify: the queue and the hints that new marks are there. */
@Global()
@Module({
  providers: [
    {
      provide: VerificationQueue,
      inject: [Config, AppLogger],
      useFactory: (config: Config, log: AppLogger) =>
        createVerificationQueue(config, (error) => log.warn({ err: error }, 'queue connection')),
    },
    {
      provide: Hints,
      inject: [Config, AppLogger],
      useFactory: (config: Config, log: AppLogger) =>
        new Hints(config.databaseUrl?.reveal() ?? '', (error) => log.warn({ err: error }, 'hint connection')),
    },
    QueueLifecycle,
  ],
  exports: [VerificationQueue, Hints],
})
export class QueueModule {}
