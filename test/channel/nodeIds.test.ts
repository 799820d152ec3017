import { describe, expect, it } from 'vitest';
import type { Role } from '../../src/base/role.ts';
import type { Message } from '../../src/wire/messages.ts';
import { nodeIdOf, noticesOf, openChannel, proposed, secp, secretOf } from '../support/channelHarness.ts';

const STRANGER = secp.publicKey(secretOf('stranger node'));

/** The message with the node id of another in the part that it carries. */
function foisted(message: Message): Message {
  switch (message.type) {
    case 'accept_channel':
    case 'funding_prepared':
      return { ...message, producer: { ...message.producer, nodeId: STRANGER } };
    case 'accept_utility':
    case 'funding_created':
      return { ...message, utility: { ...message.utility, nodeId: STRANGER } };
    default:
      return message;
  }
}

describe('node ids of an opening', () => {
  it('those of the proposal: what the channel verifies tariffs, offers and attestations with', () => {
    const { consumer } = openChannel().nodes;
    expect('identity' in consumer.state && consumer.state.identity.nodeIds).toEqual({
      consumer: nodeIdOf('consumer'),
      producer: nodeIdOf('producer'),
      utility: nodeIdOf('utility'),
    });
  });

  it.each<[Message['type'], Role, Role]>([
    ['accept_channel', 'consumer', 'producer'],
    ['accept_utility', 'consumer', 'utility'],
    ['funding_created', 'producer', 'utility'],
    ['funding_prepared', 'utility', 'producer'],
  ])('%s with the id of another node: the %s aborts, by name', (type, receiver, from) => {
    const harness = proposed({
      tamper: (_from, _to, message) => (message.type === type ? foisted(message) : message),
    });
    expect(harness.nodes[receiver].state).toMatchObject({
      type: 'aborted',
      why: { code: 'wrongNodeId', from },
    });
    expect(noticesOf(harness, receiver, 'aborted')).toHaveLength(1);
    expect(harness.broadcasts).toEqual([]);
  });

  it.each(['producer', 'utility'] as const)(
    'a proposal that names another %s than the one asked: no channel',
    (role) => {
      const named = role === 'producer' ? 'producerNodeId' : 'utilityNodeId';
      const harness = proposed({ proposal: (proposal) => ({ ...proposal, [named]: STRANGER }) });
      expect(harness.nodes.consumer.state).toMatchObject({
        type: 'aborted',
        why: { code: 'wrongNodeId', from: role },
      });
    },
  );
});
