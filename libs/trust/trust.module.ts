import { Module } from '@nestjs/common';
import { ChainService } from './chain-service.js';
import { ChainsController } from './chains.controller.js';
import { LayoutService } from './layout-service.js';
import { LayoutsController } from './layouts.controller.js';
import { WaitingLinks } from './prove-waiting-links.js';
import { RootService } from './root-service.js';
import { RootsController } from './roots.controller.js';
import { LayoutTrials } from './try-layout.js';

/** Who may say how a supply chain must look, and what they said. */
@Module({
  controllers: [ChainsController, LayoutsController, RootsController],
  providers: [ChainService, LayoutService, LayoutTrials, RootService, WaitingLinks],
})
export class TrustModule {}
