import { ConfigError } from '#platform/config.js';
import { CommandError, reasonOf } from './command-error.js';

interface Refusal {
  readonly code?: string;
  readonly detail?: string;
  readonly errors?: readonly { readonly path?: string; readonly message?: string }[];
}

/** Calls the service with an operator token. Whatever goes wrong is told so that its reader knows what to change. */
export class ServiceClient {
  private readonly url: URL;

  constructor(
    url: string,
    private readonly token: string,
  ) {
    if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
      throw new ConfigError(`CUSTODY_URL: "${url}" is no http or https address, e.g. http://127.0.0.1:8470`);
    }
    this.url = new URL(url);
  }

  async call(method: string, path: string, body?: object): Promise<unknown> {
    const response = await this.send(method, path, body);
    if (response.status === 204) {
      return undefined;
    }
    const answer: unknown = await response.json().catch(() => undefined);
    if (typeof answer !== 'object' || answer === null) {
      throw new CommandError(
        `${this.url.href} answered ${response.status}, but not as Custody does: is CUSTODY_URL the address of the service?`,
      );
    }
    if (!response.ok) {
      throw new CommandError(describe(answer, response));
    }
    return answer;
  }

  private async send(method: string, path: string, body?: object): Promise<Response> {
    try {
      return await fetch(new URL(path, this.url), {
        method,
        headers: {
          authorization: `Bearer ${this.token}`,
          ...(body ? { 'content-type': 'application/json' } : {}),
        },
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
    } catch (error) {
      throw new CommandError(
        `No service answers at ${this.url.href} (${reasonOf(error)}). Start it, or set CUSTODY_URL to where it is.`,
      );
    }
  }
}

function describe({ code, detail, errors = [] }: Refusal, response: Response): string {
  const items = errors.map(({ path, message }) => `  ${path ? `${path}: ` : ''}${message ?? ''}`);
  return [`${code ?? response.status}: ${detail ?? response.statusText}`, ...items].join('\n');
}
