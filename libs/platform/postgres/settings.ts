/** Server settings by their PostgreSQL names. */
export type Settings = Readonly<Record<string, string>>;

/** One service on a small machine. Durability stays as PostgreSQL ships it: what was acknowledged survives a power cut. */
export const DEFAULT_SETTINGS: Settings = {
  max_connections: '100',
  // Taken page by page as they are needed.
  shared_buffers: '256MB',
  effective_cache_size: '512MB',
  min_wal_size: '32MB',
  max_wal_size: '256MB',
  checkpoint_timeout: '15min',
  // Two cores gain nothing from helpers, and shared memory for them is scarce in containers.
  max_parallel_workers_per_gather: '0',
  max_parallel_maintenance_workers: '0',
  max_logical_replication_workers: '0',
  io_method: 'sync',
  jit: 'off',
  huge_pages: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
};

/** Loopback only, and no socket file: its folder would have to exist, be short, and belong to the server's user. */
export function listenOn(port: number): Settings {
  return { listen_addresses: '127.0.0.1', port: String(port), unix_socket_directories: '' };
}

export function toArguments(settings: Settings): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}
