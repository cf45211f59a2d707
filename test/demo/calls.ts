import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';

export interface Reply {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

const bold = (text: string) => (process.stdout.isTTY ? `\u001b[1m${text}\u001b[0m` : text);
const dim = (text: string) => (process.stdout.isTTY ? `\u001b[2m${text}\u001b[0m` : text);

/** Says what happens next. */
export function say(text: string): void {
  process.stdout.write(`\n${bold(text)}\n`);
}

export function note(text: string): void {
  process.stdout.write(`    ${text}\n`);
}

/** Calls the service, and shows every call so that it can be repeated with curl. */
export class Calls {
  constructor(
    private readonly url: string,
    private readonly token: string,
  ) {}

  get(path: string): Promise<Reply> {
    return this.send('GET', path, undefined, '');
  }

  postJson(path: string, value: unknown): Promise<Reply> {
    const text = JSON.stringify(value);
    const shown = text.length > 60 ? '@request.json' : `'${text}'`;
    return this.send(
      'POST',
      path,
      Buffer.from(text),
      ` -H 'content-type: application/json' --data-binary ${shown}`,
    );
  }

  /** The file as it is, byte for byte. */
  async postFile(path: string, file: string): Promise<Reply> {
    const shown = ` -H 'content-type: application/json' --data-binary @${basename(file)}`;
    return this.send('POST', path, await readFile(file), shown);
  }

  private async send(method: string, path: string, body: Buffer | undefined, shown: string): Promise<Reply> {
    const verb = method === 'GET' ? '' : ` -X ${method}`;
    process.stdout.write(
      dim(`  $ curl -s${verb} "$CUSTODY${path}" -H "authorization: Bearer $TOKEN"${shown}\n`),
    );
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' },
      ...(body ? { body: new Uint8Array(body) } : {}),
    });
    const reply = { status: response.status, body: (await response.json()) as Record<string, unknown> };
    process.stdout.write(`    ${response.status} ${summary(reply.body)}\n`);
    return reply;
  }
}

/** The members of an answer that a reader looks for. */
function summary(body: Record<string, unknown>): string {
  const told = ['code', 'id', 'name', 'step', 'version', 'run', 'verdict', 'allowed'].filter(
    (name) => body[name] !== undefined,
  );
  return told.map((name) => `${name}=${shorten(String(body[name]))}`).join('  ');
}

function shorten(text: string): string {
  return /^[0-9a-f]{64}$/.test(text) ? `${text.slice(0, 12)}…` : text;
}
