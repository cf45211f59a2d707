import { Controller, Get, Injectable, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from './access.js';

const CHECK_TIMEOUT_MS = 2_000;

/** What this process needs to do its work. Each part registers its own check; a check resolves when the part answers. */
@Injectable()
export class Readiness {
  private readonly checks = new Map<string, () => Promise<unknown>>();
  private draining = false;

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

  async report(): Promise<{ ready: boolean; parts: Record<string, 'ok' | 'failed'> }> {
    const results = await Promise.all(
      [...this.checks].map(
        async ([part, check]) => [part, (await answers(check)) ? 'ok' : 'failed'] as const,
      ),
    );
    const parts = Object.fromEntries(results);
    return { ready: !this.draining && results.every(([, state]) => state === 'ok'), parts };
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
