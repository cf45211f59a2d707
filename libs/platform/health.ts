import { Controller, Get, Injectable, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from './access.js';

const CHECK_TIMEOUT_MS = 2_000;

/** However often anybody asks, the parts are asked once in this time. */
const FRESH_MS = 1_000;

type Parts = Readonly<Record<string, 'ok' | 'failed'>>;

/** What this process needs to do its work. Each part registers its own check; a check resolves when the part answers. */
@Injectable()
export class Readiness {
  private readonly checks = new Map<string, () => Promise<unknown>>();
  private draining = false;
  /** What the parts answered last; nothing until somebody asks. */
  private seen: Parts = {};
  private looking: Promise<Parts> | undefined;
  private nextLook = Number.NEGATIVE_INFINITY;

  register(part: string, check: () => Promise<unknown>): void {
    this.checks.set(part, check);
  }

  /** From now on load balancers are told to send requests elsewhere. */
  drain(): void {
    this.draining = true;
  }

  get isDraining(): boolean {
    return this.draining;
  }

  /** At most a second old. While draining it is what was seen last, at once: no part can change the answer. */
  async report(): Promise<{ ready: boolean; parts: Parts }> {
    const parts = this.draining ? this.seen : await this.recentParts();
    return { ready: !this.draining && Object.values(parts).every((state) => state === 'ok'), parts };
  }

  private async recentParts(): Promise<Parts> {
    if (!this.looking && performance.now() >= this.nextLook) {
      this.nextLook = performance.now() + FRESH_MS;
      this.looking = this.look().finally(() => {
        this.looking = undefined;
      });
    }
    return this.looking ?? this.seen;
  }

  private async look(): Promise<Parts> {
    const results = await Promise.all(
      [...this.checks].map(
        async ([part, check]) => [part, (await answers(check)) ? 'ok' : 'failed'] as const,
      ),
    );
    this.seen = Object.fromEntries(results);
    return this.seen;
  }
}

async function answers(check: () => Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, CHECK_TIMEOUT_MS, false);
  });
  const outcome = await Promise.race([
    check().then(
      () => true,
      () => false,
    ),
    timeout,
  ]);
  clearTimeout(timer);
  return outcome;
}

@ApiTags('operation')
@Controller()
export class HealthController {
  constructor(private readonly readiness: Readiness) {}

  @Public()
  @Get('healthz')
  @ApiOperation({ summary: 'The process lives' })
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  @Public()
  @Get('readyz')
  @ApiOperation({
    summary: 'The process and every part it depends on can do their work (200), or which cannot (503)',
  })
  @ApiResponse({ status: 200, description: 'Every part answers' })
  @ApiResponse({
    status: 503,
    description: 'A part does not answer, or the process is stopping; `parts` says which',
  })
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<object> {
    const report = await this.readiness.report();
    if (!report.ready) {
      reply.status(503).header('retry-after', '2');
    }
    return report;
  }
}
