import { Global, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { Admitted } from '#platform/access.js';
import { AdmissionDesk } from './admission-desk.js';
import { BodyDoor } from './body-door.js';
import { KnownTokens } from './known-tokens.js';
import { RefusalPace } from './refusal-pace.js';
import { RequestLimits } from './request-limits.js';
import { TokenGuard } from './token-guard.js';
import { TokenService } from './token-service.js';
import { TokensController } from './tokens.controller.js';

/** Closes every route of the process to requests without a fitting token. */
@Global()
@Module({
  providers: [
    KnownTokens,
    RequestLimits,
    RefusalPace,
    AdmissionDesk,
    BodyDoor,
    TokenGuard,
    { provide: APP_GUARD, useExisting: TokenGuard },
    { provide: Admitted, useExisting: AdmissionDesk },
  ],
  exports: [Admitted],
})
export class AccessModule {}

/** Making and revoking tokens over HTTP. */
@Module({
  controllers: [TokensController],
  providers: [TokenService],
  exports: [TokenService],
})
export class TokensModule {}
