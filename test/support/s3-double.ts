import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type Answer, errorAnswer, listing } from './s3-double-answers.js';
import { readRequest, type S3Request } from './s3-double-request.js';

/**
 * What a store does on its bad days. Behaviour on good days is tested against a real server; this one only knows
 * enough of S3 to fail in the middle of it, and it checks no credentials.
 */
export type Fault =
  | 'internal-error'
  | 'slow-down'
  | 'not-implemented'
  /** The request is read and never answered. */
  | 'hang'
  /** The connection breaks before anything happened. */
  | 'reset'
  /** The connection breaks after it happened, so that the client cannot know. */
  | 'reset-after-effect'
  /** A body that ends before its announced length. */
  | 'truncated-body'
  /** A body of the right length with a wrong byte. */
  | 'corrupted-body'
  /** An old gateway: If-None-Match is accepted and has no effect. */
  | 'condition-ignored';

export interface FaultRule {
  readonly fault: Fault;
  readonly method?: 'GET' | 'HEAD' | 'PUT' | 'DELETE';
  readonly key?: RegExp;
  /** How many requests it hits. One, unless told. */
  readonly times?: number;
}

export interface S3Double {
  readonly endpoint: string;
  readonly bucket: string;
  readonly objects: Map<string, Buffer>;
  /** Every request so far, as `PUT sha256/ab/…`. */
  readonly requests: string[];
  /** Rules are tried in the order in which they were added. */
  inject(rule: FaultRule): void;
  /** Forgets every rule; what hangs goes on hanging. */
  heal(): void;
  stop(): Promise<void>;
}

const BUCKET = 'double';

export async function startS3Double(): Promise<S3Double> {
  const objects = new Map<string, Buffer>();
  const requests: string[] = [];
  const rules: { rule: FaultRule; left: number }[] = [];

  const nextFault = (method: string, key: string): Fault | undefined => {
    const hit = rules.find(
      ({ rule, left }) => left > 0 && (rule.method ?? method) === method && (rule.key?.test(key) ?? true),
    );
    if (hit) hit.left -= 1;
    return hit?.rule.fault;
  };

  const server = createServer(async (message, response) => {
    const request = await readRequest(message, BUCKET);
    requests.push(`${request.method} ${request.key}`);
    const fault = nextFault(request.method, request.key);
    if (fault === 'hang') return;
    if (fault === 'reset') return void message.socket.resetAndDestroy();
    const answer = refusal(fault) ?? perform(request, objects, fault);
    if (fault === 'reset-after-effect') return void message.socket.resetAndDestroy();
    send(response, answer, fault);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('A TCP server has a port.');

  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    bucket: BUCKET,
    objects,
    requests,
    inject: (rule) => void rules.push({ rule, left: rule.times ?? 1 }),
    heal: () => void rules.splice(0),
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function refusal(fault: Fault | undefined): Answer | undefined {
  if (fault === 'internal-error') return errorAnswer(500, 'InternalError');
  if (fault === 'slow-down') return errorAnswer(503, 'SlowDown');
  if (fault === 'not-implemented') return errorAnswer(501, 'NotImplemented');
  return undefined;
}

function perform(request: S3Request, objects: Map<string, Buffer>, fault: Fault | undefined): Answer {
  const { method, key, query, body } = request;
  if (method === 'GET' && key === '') return listing(BUCKET, objects, query);
  if (method === 'DELETE') {
    objects.delete(key);
    return { status: 204 };
  }
  if (method === 'PUT') {
    const exists = request.createOnly && objects.has(key) && fault !== 'condition-ignored';
    if (exists) return errorAnswer(412, 'PreconditionFailed');
    objects.set(key, body);
    return { status: 200, etag: etagOf(body) };
  }
  const object = objects.get(key);
  if (object === undefined) return errorAnswer(404, method === 'HEAD' ? 'NotFound' : 'NoSuchKey');
  return { status: 200, etag: etagOf(object), body: object };
}

function send(response: ServerResponse, { status, etag, body }: Answer, fault: Fault | undefined): void {
  response.statusCode = status;
  if (etag !== undefined) response.setHeader('etag', etag);
  if (body === undefined) return void response.end();
  response.setHeader('content-length', body.length);
  if (fault === 'truncated-body') {
    response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.destroy());
    return;
  }
  response.end(fault === 'corrupted-body' ? corrupted(body) : body);
}

function corrupted(body: Buffer): Buffer {
  const copy = Buffer.from(body);
  copy.writeUInt8((copy.readUInt8(0) + 1) % 256, 0);
  return copy;
}

function etagOf(body: Buffer): string {
  return `"${createHash('md5').update(body).digest('hex')}"`;
}
