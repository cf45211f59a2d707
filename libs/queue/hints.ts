import { Client } from 'pg';
import type { Channel } from '#persistence/channels.js';

/**
 * Wakes other processes: something was committed that you may want to look at. A hint carries no content and may be
 * lost, so whoever listens also looks from time to time.
 */
export class Hints {
  private readonly listeners = new Map<Channel, Set<() => void>>();
  private client: Client | undefined;
  private connected = false;
  private retry: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(
    private readonly databaseUrl: string,
    private readonly onError: (error: Error) => void,
  ) {}

  listen(channel: Channel, listener: () => void): void {
    const listeners = this.listeners.get(channel) ?? new Set();
    listeners.add(listener);
    this.listeners.set(channel, listeners);
    if (this.connected) {
      this.client?.query(`listen ${channel}`).catch(this.onError);
    }
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
    client.on('notification', ({ channel }) => this.wake(channel as Channel));
    try {
      await client.connect();
      this.connected = true;
      for (const channel of this.listeners.keys()) {
        await client.query(`listen ${channel}`);
      }
      for (const channel of this.listeners.keys()) {
        this.wake(channel);
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

  private wake(channel: Channel): void {
    for (const listener of this.listeners.get(channel) ?? []) {
      listener();
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
