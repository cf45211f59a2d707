import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { problems } from './problems.js';
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
  const description = SwaggerModule.createDocument(app, frame);
  description.components = {
    ...description.components,
    schemas: { ...description.components?.schemas, Problem: PROBLEM },
  };
  for (const { get, post, put, delete: remove } of Object.values(description.paths)) {
    for (const operation of [get, post, put, remove].filter((one) => one !== undefined)) {
      operation.responses = { ...operation.responses, ...refusalsOf(operation) };
    }
  }
  return description;
}

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

/** What may be answered whatever the route does: by the guard, the reader of bodies, the check of the input. */
function refusalsOf({ security, requestBody, parameters = [] }: Operation): Operation['responses'] {
  const refusals = {
    ...(security || requestBody || parameters.length > 0 ? { 400: 'The request is not valid' } : {}),
    ...(security ? { 401: 'No valid access token', 403: 'The token does not allow this' } : {}),
    ...(security ? { 404: 'There is no such thing, or this token may not see it' } : {}),
    ...(requestBody
      ? {
          409: 'It contradicts what is there',
          413: 'The body is too large',
          415: 'The content type or encoding is not accepted',
          422: 'The body is refused for what it says',
        }
      : {}),
    ...(security ? { 503: 'Too busy, or a part does not answer; see Retry-After' } : {}),
  };
  return Object.fromEntries(
    Object.entries(refusals).map(([status, description]) => [
      status,
      { description, content: PROBLEM_CONTENT },
    ]),
  );
}

const PROBLEM_CONTENT = {
  'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
};

const text = { type: 'string' };

const PROBLEM = {
  type: 'object',
  required: ['type', 'title', 'status', 'code', 'detail', 'remedy', 'instance'],
  properties: {
    type: text,
    title: text,
    status: { type: 'integer' },
    code: { ...text, enum: Object.keys(problems) },
    detail: text,
    remedy: text,
    instance: text,
    errors: {
      type: 'array',
      items: { type: 'object', required: ['message'], properties: { path: text, code: text, message: text } },
    },
  },
};
