import { computed, type ReadonlySignal, signal } from '@preact/signals';
import type { Stage } from '../../../lab/schema.ts';
import { ROLES, type Role } from '../../../src/base/role.ts';
import type { RpcEvent } from '../../../src/client/index.ts';
import type { Laboratory } from '../lab/laboratory.ts';
import { chosenChannel } from '../nodes/choice.ts';
import type { ChannelSummary, NodeModel } from '../nodes/node.ts';

/** The terms of a tour's channel that the tours differ in. */
export type Arbitration = 'immediate' | 'afterHeight';

/** What a tour plays with: the three nodes, the laboratory, one channel, and what was heard of it since the tour began. */
export class Scene {
  readonly lab: Laboratory;
  /** The world as it was when the tour began. */
  readonly before: Stage['world'];
  readonly nodes: Readonly<Record<Role, NodeModel>>;
  /** The consumer's key of the tour's channel. */
  readonly #key = signal<string | null>(null);
  readonly #told = signal<readonly { readonly role: Role; readonly event: RpcEvent }[]>([]);
  readonly #stop: readonly (() => void)[];
  readonly #channelId: ReadonlySignal<string | null> = computed(
    () =>
      this.nodes.consumer.channels.value.find(({ channel }) => channel === this.#key.value)?.channelId ??
      null,
  );

  constructor(lab: Laboratory, before: Stage['world'], nodes: Readonly<Record<Role, NodeModel>>) {
    this.lab = lab;
    this.before = before;
    this.nodes = nodes;
    this.#stop = [
      ...ROLES.map((role) =>
        nodes[role].onEvent((event) => {
          this.#told.value = [...this.#told.value, { role, event }];
        }),
      ),
      this.#channelId.subscribe((id) => {
        if (id !== null) chosenChannel.value = id;
      }),
    ];
  }

  /** A party's end of the tour's channel, as it is now. */
  channel(role: Role): ChannelSummary | undefined {
    const id = this.#channelId.value;
    return id === null
      ? undefined
      : this.nodes[role].channels.value.find(({ channelId }) => channelId === id);
  }

  /** Whether a party's end of it is in one of these states. */
  is(role: Role, ...states: readonly ChannelSummary['state'][]): boolean {
    const found = this.channel(role);
    return found !== undefined && states.includes(found.state);
  }

  /** The party's own key of the channel. Throws before there is one. */
  key(role: Role): string {
    const found = this.channel(role);
    if (found === undefined) throw new Error(`the ${role} has no channel yet`);
    return found.channel;
  }

  /** What a party told of the channel since the tour began, oldest first. */
  heard<T extends RpcEvent['type']>(role: Role, type: T): readonly Extract<RpcEvent, { type: T }>[] {
    const id = this.#channelId.value;
    return this.#told.value
      .filter((each) => each.role === role && each.event.type === type && each.event.channelId === id)
      .map(({ event }) => event as Extract<RpcEvent, { type: T }>);
  }

  get height(): number {
    return this.nodes.consumer.info.value?.height ?? 0;
  }

  /** Whether all three have taken in the same block as the consumer. */
  get synced(): boolean {
    return ROLES.every((role) => this.nodes[role].info.value?.height === this.height);
  }

  /** From here on the tour is about this channel of the consumer's, and every view shows it. */
  take(key: string): void {
    this.#key.value = key;
  }

  leave(): void {
    for (const stop of this.#stop) stop();
  }
}
