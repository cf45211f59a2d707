import { Module } from '@nestjs/common';
import { ImageService } from './image-service.js';
import { ImagesController } from './images.controller.js';

/** Which digests are of one image. */
@Module({
  controllers: [ImagesController],
  providers: [ImageService],
})
export class ImagesModule {}
