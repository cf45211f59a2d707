import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { VERSION } from './version.js';

/** The description of every route of the application, from the decorators and schemas that make the routes. */
export function describeApi(app: INestApplication): OpenAPIObject {
  const frame = new DocumentBuilder()
    .setTitle('Custody')
    .setDescription(
      'in-toto links in, a verdict per image digest out. Refusals are problem details (RFC 9457); see docs/errors.md.',
    )
    .setVersion(VERSION)
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'custody_<id>_<secret>' })
    .build();
  return SwaggerModule.createDocument(app, frame);
}
