import { type DynamicModule, Global, Module } from '@nestjs/common';
import type { Logger } from 'pino';
import { AppLogger } from './app-logger.js';
import { Config } from './config.js';
import { HealthController, Readiness } from './health.js';
import { HeldAnswers } from './held-answers.js';
import { Metrics, MetricsController } from './metrics.js';
import { OpenStreams } from './open-streams.js';

/** Configuration, log, metrics and health: what every capability may ask for. `forRoot` is called once, by the app's module. */
@Global()
@Module({})
export class PlatformModule {
  static forRoot(config: Config, logger: Logger): DynamicModule {
    return {
      module: PlatformModule,
      controllers: [HealthController, MetricsController],
      providers: [
        { provide: Config, useValue: config },
        { provide: AppLogger, useValue: logger },
        Metrics,
        Readiness,
        OpenStreams,
        HeldAnswers,
      ],
      exports: [Config, AppLogger, Metrics, Readiness, OpenStreams, HeldAnswers],
    };
  }
}
