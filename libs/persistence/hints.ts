import { Client } from 'pg';
import type { Channel } from './channels.js';

/** What the hint is about; undefined when hints may have been missed, so that anything may have happened. */
export type Hint = string | undefined;
type Listener = (hint: Hint) => void;

/**
 * Wakes other processes: something was committed that you may want to look at. A hint may be lost, so whoever
 * listens also looks from time to time.
 */
export class Hints {
  private readonly listeners = new Map<Channel, Set<Listener>>();
  private client: Client | undefined;
  private connected = false;
  private retry: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(
    private readonly databaseUrl: string,
    private readonly onError: (error: Error) => void,
  ) {}

  listen(channel: Channel, listener: Listener): void {
    const listeners = this.listeners.get(channel) ?? new Set();
    listeners.add(listener);
    this.listeners.set(channel, listeners);
    if (this.connected) {
      this.client?.query(`listen ${channel}`).catch(this.onError);
    }
  }

  /** While it is, hints are lost only with the connection itself. */
  get isConnected(): boolean {
    return this.connected;
  }

  /** Connects and keeps reconnecting; after each connection everybody is woken once, since hints may have been missed. */
  async start(): Promise<void> {
    const client = new Client({
      connectionString: this.databaseUrl,
      application_name: 'custody-hints',
      keepAlive: true,
    });
    this.client = client;
    client.on('error', (error) => this.restart(client, error));
    client.on('end', () => this.restart(client));
    client.on('notification', ({ channel, payload }) => this.wake(channel as Channel, payload || undefined));
    try {
      await client.connect();
      for (const channel of this.listeners.keys()) {
        await client.query(`listen ${channel}`);
      }
      this.connected = true;
      for (const channel of this.listeners.keys()) {
        this.wake(channel, undefined);
      }
    } catch (error) {
      this.restart(client, error as Error);
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.retry);
    await this.client?.end().catch(() => undefined);
  }

  private wake(channel: Channel, hint: Hint): void {
    for (const listener of this.listeners.get(channel) ?? []) {
      listener(hint);
    }
  }

  private restart(client: Client, error?: Error): void {
    if (this.closed || this.client !== client) {
      return;
    }
    this.client = undefined;
    this.connected = false;
    if (error) {
      this.onError(error);
    }
    client.end().catch(() => undefined);
    this.retry = setTimeout(() => void this.start(), 1_000);
  }
}
