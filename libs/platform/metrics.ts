import { Controller, Get, Header, Headers, Injectable } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { bearerOf, Public } from './access.js';
import { Config } from './config.js';
import { Problem } from './problems.js';

/** The process's Prometheus registry. A capability makes its own metrics from it, once, in its constructor. */
@Injectable()
export class Metrics {
  readonly registry = new Registry();
  readonly requests = this.histogram('custody_http_request_seconds', 'Time to answer HTTP requests', [
    'method',
    'route',
    'status',
  ]);

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  counter<L extends string>(name: string, help: string, labelNames: L[] = []): Counter<L> {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  gauge<L extends string>(name: string, help: string, collect?: () => number | Promise<number>): Gauge<L> {
    const gauge: Gauge<L> = new Gauge({
      name,
      help,
      registers: [this.registry],
      ...(collect ? { collect: async () => gauge.set(await collect()) } : {}),
    });
    return gauge;
  }

  histogram<L extends string>(name: string, help: string, labelNames: L[] = []): Histogram<L> {
    return new Histogram({
      name,
      help,
      labelNames,
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
      registers: [this.registry],
    });
  }
}

/**
 * For Prometheus, which needs no description; it is not part of the interface. It has a token of its own, which opens
 * nothing else: a scraper's configuration is read by many, and refusing must not ask the database.
 */
@ApiExcludeController()
@Controller()
export class MetricsController {
  constructor(
    private readonly metrics: Metrics,
    private readonly config: Config,
  ) {}

  @Public()
  @Get('metrics')
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  async metricsText(@Headers('authorization') authorization: string | undefined): Promise<string> {
    const { metricsToken } = this.config;
    if (!metricsToken?.equals(bearerOf(authorization) ?? '')) {
      throw new Problem('METRICS_TOKEN_INVALID');
    }
    return this.metrics.registry.metrics();
  }
}
