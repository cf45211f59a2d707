import {
  Global,
  Injectable,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { AppLogger } from '#platform/app-logger.js';
import { Config } from '#platform/config.js';
import { Hints } from './hints.js';

@Injectable()
class HintsLifecycle implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(private readonly hints: Hints) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.hints.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.hints.close();
  }
}

/** For processes that want to know soon what others have committed. */
@Global()
@Module({
  providers: [
    {
      provide: Hints,
      inject: [Config, AppLogger],
      useFactory: (config: Config, log: AppLogger) =>
        new Hints(config.databaseUrl?.reveal() ?? '', (error) => log.warn({ err: error }, 'hint connection')),
    },
    HintsLifecycle,
  ],
  exports: [Hints],
})
export class HintsModule {}
