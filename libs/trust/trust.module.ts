import { Module } from '@nestjs/common';
import { ChainService } from './chain-service.js';
import { ChainsController } from './chains.controller.js';
import { EventsController } from './events.controller.js';
import { KeyChangesController } from './key-changes.controller.js';
import { KeyService } from './key-service.js';
import { KeysController } from './keys.controller.js';
import { LayoutService } from './layout-service.js';
import { LayoutsController } from './layouts.controller.js';
import { WaitingLinks } from './prove-waiting-links.js';
import { RootService } from './root-service.js';
import { RootsController } from './roots.controller.js';
import { LayoutTrials } from './try-layout.js';

/** Who may say how a supply chain must look, and what they said. */
@Module({
  controllers: [
    ChainsController,
    LayoutsController,
    RootsController,
    KeysController,
    KeyChangesController,
    EventsController,
  ],
  providers: [ChainService, LayoutService, LayoutTrials, RootService, KeyService, WaitingLinks],
})
export class TrustModule {}
