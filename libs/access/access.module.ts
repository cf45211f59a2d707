import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { TokenGuard } from './token-guard.js';
import { TokenService } from './token-service.js';
import { TokensController } from './tokens.controller.js';

/** Closes every route of the process to requests without a fitting token. */
@Module({
  providers: [{ provide: APP_GUARD, useClass: TokenGuard }],
})
export class AccessModule {}

/** Making and revoking tokens over HTTP. */
@Module({
  controllers: [TokensController],
  providers: [TokenService],
  exports: [TokenService],
})
export class TokensModule {}
