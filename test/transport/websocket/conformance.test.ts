import { toHex } from '../../../src/base/bytes.ts';
import type { Transport } from '../../../src/transport/port.ts';
import { type TransportWorld, transportConformance } from '../../conformance/transport.ts';
import { station, withAddresses } from './net.ts';

async function loopback(): Promise<TransportWorld> {
  const addresses = new Map<string, string>();
  const transports: Transport[] = [];
  return {
    join: async () => {
      const { nodeId, server, transport } = await station(transports.length);
      addresses.set(toHex(nodeId), server.address);
      transports.push(transport);
      return withAddresses(transport, addresses);
    },
    close: async () => {
      for (const transport of transports) await transport.close();
    },
  };
}

transportConformance('WebSockets on loopback', loopback);
