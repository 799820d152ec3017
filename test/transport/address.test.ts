import { describe, expect, it } from 'vitest';
import { addressUrl } from '../../src/transport/address.ts';
import { networkOf } from '../../src/transport/websocket/networkOf.ts';

describe('the address of a peer', () => {
  it.each([
    ['127.0.0.1:9735', 'ws://127.0.0.1:9735/'],
    ['[::1]:9735', 'ws://[::1]:9735/'],
    ['node.example:1', 'ws://node.example:1/'],
    ['ws://node.example:9735/peer', 'ws://node.example:9735/peer'],
    ['wss://node.example', 'wss://node.example/'],
    ['WSS://node.example:443/?a=b', 'wss://node.example/?a=b'],
  ])('%s: %s', (address, url) => {
    expect(addressUrl(address)).toEqual({ ok: true, value: url });
  });

  it.each([
    ['nothing', ''],
    ['a host without a port', 'node.example'],
    ['a port that is none', '127.0.0.1:65536'],
    ['an IPv6 address without brackets', '::1:9735'],
    ['another scheme', 'http://127.0.0.1:9735'],
    ['a file', 'file:///etc/passwd'],
    ['a login', 'ws://user:secret@127.0.0.1:9735'],
    ['a login without a scheme', 'user@127.0.0.1:9735'],
    ['a fragment', 'ws://127.0.0.1:9735/#x'],
    ['a path without a scheme', '127.0.0.1:9735/path'],
    ['a line break', '127.0.0.1\n:9735'],
    ['more than 300 characters', `ws://node.example/${'a'.repeat(300)}`],
    ['more than 300 characters as a URL', `ws://node.example/${'{'.repeat(150)}`],
  ])('%s: refused', (_, address) => {
    expect(addressUrl(address)).toMatchObject({ ok: false, error: { code: 'badAddress' } });
  });
});

describe('what callers are counted by', () => {
  it.each([
    ['an IPv4 address: itself', '192.0.2.1', '192.0.2.1'],
    ['the same as IPv6 writes it: itself', '::ffff:192.0.2.1', '192.0.2.1'],
    ['an IPv6 address: its first 64 bits', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['zeros left out at the end', '2001:db8::1', '2001:db8:0:0'],
    ['zeros left out in front of the 64 bits', '2001::2:3:4:5:6:7', '2001:0:2:3'],
    ['leading zeros written', '2001:0db8:0001::', '2001:db8:1:0'],
    ['loopback', '::1', '0:0:0:0'],
    ['an interface', 'fe80::1%eth0', 'fe80:0:0:0'],
  ])('%s', (_, address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});
