import { describe, expect, it } from 'vitest';
import { networkOf } from './peer-network.js';

describe('the network of a peer', () => {
  it.each([
    ['an IPv4 address', '192.0.2.7', '192.0.2.7'],
    ['an IPv4 address as a dual-stack socket names it', '::ffff:192.0.2.7', '192.0.2.7'],
    ['the first half of an IPv6 address', '2001:db8:0:1:aaaa:bbbb:cccc:dddd', '2001:db8:0:1'],
    ['the same, however it is written', '2001:0DB8::1:aaaa:bbbb:cccc:dddd', '2001:db8:0:1'],
    ['the same, with the rest left out', '2001:db8:0:1::', '2001:db8:0:1'],
    ['loopback', '::1', '0:0:0:0'],
    ['a link-local address with its zone', 'fe80::1%eth0', 'fe80:0:0:0'],
    ['a text that is no address', 'unknown', 'unknown'],
  ])('is %s', (_, address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});
