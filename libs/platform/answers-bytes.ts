import { applyDecorators, Header } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';

const TYPE = 'application/octet-stream';

/** The route answers stored bytes, untouched. */
export const AnswersBytes = () =>
  applyDecorators(
    Header('content-type', TYPE),
    ApiResponse({
      status: 200,
      description: 'The bytes',
      content: { [TYPE]: { schema: { type: 'string', format: 'binary' } } },
    }),
  );
