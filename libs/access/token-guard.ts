import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { type Access, SCOPE } from '#platform/access.js';
import { AdmissionDesk } from './admission-desk.js';

/** Every route is closed unless it says who may use it. Runs before anything of a request without a body is looked at. */
@Injectable()
export class TokenGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly desk: AdmissionDesk,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const access = this.reflector.getAllAndOverride<Access | undefined>(SCOPE, [
      context.getHandler(),
      context.getClass(),
    ]);
    await this.desk.letIn(context.switchToHttp().getRequest<FastifyRequest>(), access);
    return true;
  }
}
