import { Client, type ClientConfig } from 'pg';

type Query = (config: unknown, ...rest: unknown[]) => unknown;

/** Texts of statements, and the name under which each connection prepares them. */
const names = new Map<string, string>();
/** The statements of this program are constants, so there are fewer; texts made up at run time must not pile up. */
const NAMES_AT_MOST = 500;

/**
 * A connection of the pool that prepares each statement with parameters on its first use: planning costs the server as
 * much as executing, or more.
 */
export class DatabaseClient extends Client {
  constructor(config?: string | ClientConfig) {
    super(config);
    // Between two of its users nobody else listens. Whoever asks of a lost connection is told by the query.
    this.on('error', () => undefined);
    const query = this.query.bind(this) as Query;
    const prepared: Query = (text, values, ...rest) => {
      const name = typeof text === 'string' && Array.isArray(values) ? nameOf(text) : undefined;
      return name === undefined ? query(text, values, ...rest) : query({ name, text, values }, ...rest);
    };
    this.query = prepared as Client['query'];
  }
}

function nameOf(text: string): string | undefined {
  const known = names.get(text);
  if (known !== undefined || names.size >= NAMES_AT_MOST) {
    return known;
  }
  const name = `custody_${names.size}`;
  names.set(text, name);
  return name;
}
