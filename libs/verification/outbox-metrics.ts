import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { type OutboxState, outboxState } from '#persistence/subjects/outbox-state.js';
import { Metrics } from '#platform/metrics.js';

/** The state of the outbox, read when Prometheus asks; not a number while the database is away. */
@Injectable()
export class OutboxMetrics {
  private state: Promise<OutboxState | undefined> | undefined;

  constructor(
    @Inject(DataSource) private readonly source: DataSource,
    metrics: Metrics,
  ) {
    const read = (member: keyof OutboxState) => async () => (await this.read())?.[member] ?? Number.NaN;
    metrics.gauge('custody_marks', 'Subjects that wait to be verified', read('waiting'));
    metrics.gauge('custody_mark_age_seconds', 'How long the oldest has waited', read('oldestSeconds'));
    metrics.gauge('custody_dead_marks', 'Subjects given up after many attempts', read('dead'));
  }

  /** The gauges are asked at the same time, and one look does for all. */
  private read(): Promise<OutboxState | undefined> {
    this.state ??= outboxState(this.source)
      .catch(() => undefined)
      .finally(() => {
        this.state = undefined;
      });
    return this.state;
  }
}
