import type { ChannelDetail } from '../../nodes/node.ts';
import { Card } from '../../ui/Card.tsx';
import { SectionLink } from '../../ui/SectionLink.tsx';
import { type ChainSpend, DEADLINES, elapsed, leftText, type TimeLock, timeLocks } from './countdown.ts';

/** What the channel waits for, in blocks. */
export function TimeLocksCard({
  channel,
  height,
  spend,
}: {
  readonly channel: ChannelDetail;
  readonly height: number | null;
  readonly spend: ChainSpend | null;
}) {
  const locks = height === null ? [] : timeLocks(channel, height, spend);
  return (
    <Card title="Time locks" aside={height !== null && <span class="badge">block {height}</span>}>
      {locks.length === 0 ? (
        <p class="hint">No block is waited for.</p>
      ) : (
        <ol class="locks">
          {locks.map((lock) => (
            <Lock key={lock.key} lock={lock} />
          ))}
        </ol>
      )}
      {locks.some(({ section }) => section === DEADLINES) && <SectionLink section={DEADLINES} />}
    </Card>
  );
}

const NEAR = 6;

function Lock({ lock }: { readonly lock: TimeLock }) {
  const { name, height, blocksLeft, means, section } = lock;
  const part = elapsed(lock);
  const tone = blocksLeft <= 0 ? 'lock-over' : blocksLeft <= NEAR ? 'lock-near' : 'lock-far';
  return (
    <li class={`lock ${tone}`} data-lock={lock.key}>
      <p class="lock-head">
        <strong>{name}</strong>
        <span class="lock-left" title={`Block ${height}`}>
          {leftText(lock)}
        </span>
      </p>
      {part !== null && (
        <svg class="lock-bar" viewBox="0 0 1000 6" preserveAspectRatio="none" aria-hidden="true">
          <rect class="lock-track" width="1000" height="6" />
          <rect class="lock-part" width={part} height="6" />
        </svg>
      )}
      <p class="hint">
        Block {height}. {means} {section !== DEADLINES && <SectionLink section={section} />}
      </p>
    </li>
  );
}
