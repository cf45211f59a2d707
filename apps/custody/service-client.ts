import { ConfigError } from '#platform/config.js';
import { CommandError, reasonOf } from './command-error.js';
import { printable } from './printable.js';

export interface Call {
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** Bytes are sent as they are, anything else as JSON. */
  readonly body?: object;
  readonly accept?: string;
}

interface Refusal {
  readonly code?: string;
  readonly title?: string;
  readonly detail?: string;
  readonly remedy?: string;
  readonly errors?: readonly { readonly path?: string; readonly message?: string }[];
}

/** Calls the service with a token. Whatever goes wrong is told so that its reader knows what to change. */
export class ServiceClient {
  private readonly url: URL;

  constructor(
    url: string,
    private readonly token: string,
  ) {
    if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
      throw new ConfigError(`CUSTODY_URL: "${url}" is no http or https address, e.g. http://127.0.0.1:8470`);
    }
    // A service behind a proxy may have a path before its own.
    this.url = new URL(url.endsWith('/') ? url : `${url}/`);
  }

  async get<T>(path: string, query: Call['query'] = {}): Promise<T> {
    return (await this.call('GET', path, { query })) as T;
  }

  async post<T>(path: string, call: Call): Promise<T> {
    return (await this.call('POST', path, call)) as T;
  }

  /** The parsed answer; undefined if there is none. */
  async call(method: string, path: string, call: Call = {}): Promise<unknown> {
    const response = await this.open(method, path, call);
    return response.status === 204 ? undefined : this.read(response);
  }

  /** The answer itself, for what is no JSON or comes little by little. A refusal is thrown. */
  async open(method: string, path: string, call: Call = {}): Promise<Response> {
    const response = await this.send(method, path, call);
    if (!response.ok) {
      throw new CommandError(describe((await this.read(response)) as Refusal, response));
    }
    return response;
  }

  private async read(response: Response): Promise<unknown> {
    const answer: unknown = await response.json().catch(() => undefined);
    if (typeof answer !== 'object' || answer === null) {
      throw new CommandError(
        `${this.url.href} answered ${response.status}, but not as Custody does: is CUSTODY_URL the address of the service?`,
      );
    }
    return answer;
  }

  private async send(method: string, path: string, { query = {}, body, accept }: Call): Promise<Response> {
    const url = new URL(`.${path}`, this.url);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, value);
    }
    try {
      return await fetch(url, {
        method,
        headers: {
          authorization: `Bearer ${this.token}`,
          ...(body ? { 'content-type': 'application/json' } : {}),
          ...(accept ? { accept } : {}),
        },
        ...(body ? { body: body instanceof Uint8Array ? new Uint8Array(body) : JSON.stringify(body) } : {}),
      });
    } catch (error) {
      throw new CommandError(
        `No service answers at ${this.url.href} (${reasonOf(error)}). Start it, or set CUSTODY_URL to where it is.`,
        'unreachable',
      );
    }
  }
}

/** What it is, each bad field, and what to do. */
function describe({ code, title, detail, remedy, errors = [] }: Refusal, response: Response): string {
  const particulars = detail === undefined || detail === remedy ? '' : ` ${detail}`;
  return [
    `${code ?? response.status}: ${title ?? response.statusText}.${particulars}`,
    ...errors.map(({ path, message }) => `  ${path ? `${path}: ` : ''}${message ?? ''}`),
    ...(remedy ? [`  ${remedy}`] : []),
  ]
    .map(printable)
    .join('\n');
}
