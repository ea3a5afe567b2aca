import t from 'tap';
import { readAt } from '../../src/cli/at-clause.ts';

/** Of the words behind AT; and how many were taken. */
function read(...words: string[]): readonly [moment: unknown, taken: number] {
  let taken = 0;
  return [readAt(() => words[taken++]), Math.min(taken, words.length)];
}

t.test('at: a seq or a time: the moment, and no word more', async (t) => {
  t.strictSame(read('SEQ', '17', 'more'), [{ seq: 17 }, 2]);
  t.strictSame(read('seq', '0'), [{ seq: 0 }, 2]);
  t.strictSame(read('2026-11-01', 'more'), [{ time: 1_793_491_200_000_000 }, 1]);
  t.strictSame(read('2026-11-01T01:00+01:00'), [{ time: 1_793_491_200_000_000 }, 1]);
  t.strictSame(read('2026-11-01 00:00:00.000001'), [{ time: 1_793_491_200_000_001 }, 1]);
});

t.test('at: anything else: what is wrong, in a sentence', async (t) => {
  for (const [words, sentence] of [
    [[], /^AT takes SEQ n, or a time such as/],
    [['SEQ'], /^AT takes SEQ n/],
    [['SEQ', '-1'], /"-1" is not a seq/],
    [['SEQ', '1.0'], /"1.0" is not a seq/],
    [['SEQ', '9999999999999999'], /is not a seq/],
    [['17'], /^"17" is not a time; AT takes SEQ n/],
    [['yesterday'], /"yesterday" is not a time/],
    [['2026-02-30'], /is not a time/],
  ] as const) {
    t.match(read(...words)[0], sentence, words.join(' '));
  }
});
