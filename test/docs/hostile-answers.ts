import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';

/** What a gate may be given in place of an answer of the service. */
export interface HostileAnswer {
  readonly named: string;
  /** Writes to the connection as soon as a request has come; undefined: nothing listens. */
  readonly answer: ((socket: Socket) => void) | undefined;
}

const YES = JSON.stringify({ verdict: 'pass', allowed: true });

const http =
  (status: string, body: string, headers: readonly string[] = ['content-type: application/json']) =>
  (socket: Socket): void => {
    const head = [`HTTP/1.1 ${status}`, ...headers, `content-length: ${Buffer.byteLength(body)}`];
    socket.end(`${head.join('\r\n')}\r\nconnection: close\r\n\r\n${body}`);
  };

const says = (named: string, status: string, body: string): HostileAnswer => ({
  named,
  answer: http(status, body),
});

export const HOSTILE_ANSWERS: readonly HostileAnswer[] = [
  { named: 'nothing listens', answer: undefined },
  { named: 'the connection is reset', answer: (socket) => void socket.resetAndDestroy() },
  { named: 'the connection is closed without a word', answer: (socket) => void socket.end() },
  says('the service fails, whatever it says', '500 Internal Server Error', YES),
  says('the token is refused, whatever it says', '401 Unauthorized', YES),
  says('the digest is unknown', '404 Not Found', '{"code": "SUBJECT_UNKNOWN"}'),
  says('the service is away, whatever it says', '503 Service Unavailable', YES),
  says('the verdict is pending', '202 Accepted', '{"verdict": "pending", "allowed": false}'),
  says('the verdict is fail', '200 OK', '{"verdict": "fail", "allowed": false}'),
  says('the answer is empty', '200 OK', ''),
  says('the answer is white space', '200 OK', ' \n\n '),
  says('there is no content', '204 No Content', ''),
  {
    named: 'a portal answers with a web page',
    answer: http('200 OK', '<html>true</html>', ['content-type: text/html']),
  },
  { named: 'a portal wants a login', answer: http('302 Found', '', ['location: /verdicts/login']) },
  says('it is allowed in words only', '200 OK', '{"allowed": "true"}'),
  says('it is allowed by a number', '200 OK', '{"allowed": 1}'),
  says('nothing says whether it is allowed', '200 OK', '{"verdict": "pass"}'),
  says('the yes is inside a list', '200 OK', `[${YES}]`),
  says('the yes is inside something else', '200 OK', `{"answer": ${YES}}`),
  says('it is only the word true', '200 OK', 'true'),
  says('a no follows the yes', '200 OK', `${YES}\n{"allowed": false}`),
  says('a second yes follows the yes', '200 OK', `${YES}${YES}`),
  says('rubbish follows the yes', '200 OK', `${YES} and more`),
  says('the answer breaks off', '200 OK', '{"allowed": true'),
  {
    named: 'the answer breaks off in the middle of its announced length',
    answer: (socket) =>
      void socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"allowed": true, "ver'),
  },
  { named: 'the service is silent', answer: () => undefined },
  {
    named: 'the service answers a letter at a time',
    answer: (socket) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${YES.length}\r\n\r\n`);
      let at = 0;
      const timer = setInterval(() => socket.write(YES[at++] ?? ' '), 300);
      socket.once('close', () => clearInterval(timer));
    },
  },
];

/** An address at which every request is answered so. */
export async function answering({ answer }: HostileAnswer): Promise<{ url: string; close(): void }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => answer?.(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  if (!answer) await closed(server);
  return {
    url,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
