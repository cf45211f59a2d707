import { isIPv6 } from 'node:net';

/** IPv4 in IPv6: RFC 4291 2.5.5.2. A dual-stack socket names its IPv4 peers so. */
const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/**
 * What one peer has for itself: an IPv4 address, or the first 64 bits of an IPv6 address, within which it takes a new
 * address as often as it likes (RFC 4291 2.5.4). What is no address is its own name.
 */
export function networkOf(address: string): string {
  const [, mapped] = MAPPED.exec(address) ?? [];
  if (mapped || !isIPv6(address)) {
    return mapped ?? address;
  }
  const [head = '', tail] = address.split('::');
  const left = groupsOf(head);
  const right = groupsOf(tail ?? '');
  const zeros = Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0');
  return [...left, ...zeros, ...right]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}

function groupsOf(text: string): string[] {
  return text === '' ? [] : text.split(':');
}
