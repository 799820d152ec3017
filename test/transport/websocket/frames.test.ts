import fc from 'fast-check';
import { expect, test } from 'vitest';
import { concat } from '../../../src/base/bytes.ts';
import { FrameGatherer } from '../../../src/transport/websocket/frames.ts';

const LIMIT = 20;

test('whatever is sent, in whatever turns: the frames are the same stream, and one frame of a turn that fits one', () => {
  const pieces = fc.array(fc.uint8Array({ minLength: 1, maxLength: 30 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(fc.array(pieces), (turns) => {
      const sent: Uint8Array[] = [];
      let ends: (() => void)[] = [];
      const frames = new FrameGatherer(
        LIMIT,
        (then) => ends.push(then),
        (frame) => sent.push(frame),
      );
      for (const turn of turns) {
        const before = sent.length;
        for (const piece of turn) frames.push(piece);
        for (const end of ends) end();
        ends = [];
        expect(frames.length).toBe(0);
        if (concat(...turn).length <= LIMIT) expect(sent).toHaveLength(before + 1);
      }
      expect(concat(...sent)).toEqual(concat(...turns.flat()));
      const longest = Math.max(LIMIT, ...turns.flat().map(({ length }) => length));
      for (const frame of sent) expect(frame.length).toBeLessThanOrEqual(longest);
    }),
  );
});

test('what was discarded is not sent at the end of the turn', () => {
  const sent: Uint8Array[] = [];
  const ends: (() => void)[] = [];
  const frames = new FrameGatherer(
    LIMIT,
    (then) => ends.push(then),
    (frame) => sent.push(frame),
  );
  frames.push(Uint8Array.of(1));
  frames.discard();
  for (const end of ends) end();
  expect(sent).toEqual([]);
});
