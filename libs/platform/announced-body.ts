import type { IncomingMessage, ServerResponse } from 'node:http';

/** Does the request announce a body (RFC 9112 6.3)? */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** Clients that wait until they are told to send their body (RFC 9110 10.1.1). */
const waiting = new WeakMap<IncomingMessage, ServerResponse>();

export function holdBack(request: IncomingMessage, response: ServerResponse): void {
  waiting.set(request, response);
}

export function awaitsGoAhead(request: IncomingMessage): boolean {
  return waiting.has(request);
}

/** Called by whoever begins to read a body. */
export function askForBody(request: IncomingMessage): void {
  waiting.get(request)?.writeContinue();
  waiting.delete(request);
}
