import type { DataSource } from 'typeorm';

/** Which digests of a chain have evidence that was not looked at; undefined: too many to be named. */
type Listener = (chainId: number, subjects: readonly Buffer[] | undefined) => void;

const listeners = new WeakMap<DataSource, Set<Listener>>();

/**
 * Calls the listener for every transaction of this process that brings evidence, once it has committed and before anybody
 * is told that it has. Other processes are told by the channel `evidence`.
 */
export function listenForEvidence(source: DataSource, listener: Listener): void {
  listeners.set(source, (listeners.get(source) ?? new Set()).add(listener));
}

export function tellOfEvidence(
  source: DataSource,
  chainId: number,
  subjects: readonly Buffer[] | undefined,
): void {
  for (const listener of listeners.get(source) ?? []) listener(chainId, subjects);
}
