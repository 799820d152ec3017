import LnMessage from 'lnmessage';
import { afterEach, describe, expect, it } from 'vitest';
import { fromHex, reverseBytes, toHex } from '../../../src/base/bytes.ts';
import type { Connection } from '../../../src/transport/port.ts';
import { handClock } from './handClock.ts';
import { CHAIN_HASH, type Station, station } from './net.ts';

const PING = 18;
const PONG = 19;

describe('an ordinary Lightning client (lnmessage)', () => {
  let bob: Station;
  let client: LnMessage | undefined;
  afterEach(async () => {
    client?.disconnect();
    await bob.transport.close();
  });

  async function connected() {
    const clock = handClock();
    bob = await station(1, { clock });
    const accepted = new Promise<Connection>((resolve) => bob.transport.listen(resolve));
    const [ip = '', port] = bob.server.address.split(':');
    const made = new LnMessage({
      remoteNodePublicKey: toHex(bob.nodeId),
      ip,
      port: Number(port),
      wsProtocol: 'ws:',
      privateKey: '77'.repeat(32),
    });
    client = made;
    const heard: Uint8Array[] = [];
    const waiting = new Map<number, () => void>();
    made.decryptedMsgs$.subscribe((message) => {
      // it leaves the tag at the end of what it decrypts
      heard.push(new Uint8Array(message.subarray(0, -16)));
      waiting.get(message.readUInt16BE(0))?.();
    });
    const hears = (number: number) => new Promise<void>((resolve) => waiting.set(number, resolve));
    expect(await made.connect(false)).toBe(true);
    return { clock, client: made, connection: await accepted, heard, hears };
  }

  it('connects, and both say init: our chain, no features, its key proved', async () => {
    const { client, connection, heard } = await connected();
    expect(toHex(connection.peer)).toBe(client.publicKey);
    const [init] = heard;
    const chain = toHex(reverseBytes(fromHex(CHAIN_HASH)));
    expect(toHex(init ?? new Uint8Array(0)).startsWith(`0010000000000120${chain}`)).toBe(true);
  });

  it('pings: answered', async () => {
    const { client, hears, heard } = await connected();
    const pong = hears(PONG);
    const ping = client.noise.encryptMessage(Buffer.from('001200030000', 'hex'));
    client.socket?.send(ping);
    await pong;
    expect(heard.at(-1)).toEqual(Uint8Array.of(0, PONG, 0, 3, 0, 0, 0));
  });

  it('is pinged after silence, and stays connected by its pong', async () => {
    const { clock, client, connection, hears } = await connected();
    const reasons: string[] = [];
    connection.onClose((reason) => reasons.push(reason));
    const ping = hears(PING);
    clock.pass(30_000);
    await ping;
    // its pong is out: what it says now comes after it
    const said = new Promise((resolve) => connection.onMessage(resolve));
    client.socket?.send(client.noise.encryptMessage(Buffer.from('9801', 'hex')));
    expect(await said).toEqual(Uint8Array.of(0x98, 1));
    clock.pass(30_000 - 1);
    expect(reasons).toEqual([]);
  });

  it('messages of any length both ways: whole', async () => {
    const { client, connection, heard, hears } = await connected();
    const lengths = [10, 65_535, 300];
    const got: number[] = [];
    const all = new Promise<void>((resolve) => {
      connection.onMessage((message) => {
        if (got.push(message.length) === lengths.length) resolve();
      });
    });
    for (const length of lengths) {
      const message = Buffer.alloc(length, 0x99);
      client.socket?.send(client.noise.encryptMessage(message));
      connection.send(new Uint8Array(length).fill(0x99));
    }
    const last = hears(0x9801);
    connection.send(new Uint8Array(20).fill(0x98).fill(1, 1, 2));
    await all;
    await last;
    expect(got).toEqual(lengths);
    expect(heard.slice(-4, -1).map(({ length }) => length)).toEqual(lengths);
  });
});
