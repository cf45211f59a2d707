import { Module } from '@nestjs/common';
import { ChainService } from './chains/chain-service.js';
import { ChainsController } from './chains/chains.controller.js';
import { EventsController } from './events.controller.js';
import { KeyChangesController } from './keys/key-changes.controller.js';
import { KeyService } from './keys/key-service.js';
import { KeysController } from './keys/keys.controller.js';
import { LayoutService } from './layouts/layout-service.js';
import { LayoutsController } from './layouts/layouts.controller.js';
import { WaitingLinks } from './layouts/prove-waiting-links.js';
import { LayoutTrials } from './layouts/try-layout.js';
import { RootService } from './roots/root-service.js';
import { RootsController } from './roots/roots.controller.js';

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
