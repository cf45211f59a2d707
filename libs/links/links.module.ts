import { Module } from '@nestjs/common';
import { LinksController } from './links.controller.js';

/** Links go out: found, and given back as they came in. */
@Module({ controllers: [LinksController] })
export class LinksModule {}
