import t from 'tap';
import { LineSplitter, readLines } from '../../src/cli/lines.ts';

function split(chunks: readonly Uint8Array[], lengthMax: number): string[] {
  const splitter = new LineSplitter(lengthMax);
  return [...chunks.flatMap((chunk) => [...splitter.push(chunk)]), ...splitter.end()];
}

t.test('lines: every split of the input into three: the same lines', async (t) => {
  const bytes = Buffer.from('ab\r\n\nü€😀\nlonger than ten\n\0\nend');
  const expected = ['ab\r', '', 'ü€😀', 'longer than', '\0', 'end'];
  for (let first = 0; first <= bytes.length; first += 1) {
    for (let second = first; second <= bytes.length; second += 1) {
      const chunks = [
        bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second),
      ];
      const lines = split(chunks, 10);
      const isRight = JSON.stringify(lines) === JSON.stringify(expected);
      if (!isRight) t.same(lines, expected, `${first} ${second}`);
    }
  }
  t.same(split([bytes], 10), expected);
});

t.test('lines: byte by byte, and a chunk that changes afterwards: the same lines', async (t) => {
  const splitter = new LineSplitter(10);
  const lines: string[] = [];
  const chunk = new Uint8Array(1);
  for (const byte of Buffer.from('abc\ndef\n')) {
    chunk[0] = byte;
    lines.push(...splitter.push(chunk));
  }
  t.same([...lines, ...splitter.end()], ['abc', 'def']);
});

t.test('lines: longer than the bound: cut to one more than it', async (t) => {
  const cuts = [[9, 9], [10, 10], [11, 11], [12, 11], [1_000_000, 11]] as const;
  for (const [length, expected] of cuts) {
    const [line = '', next] = split([Buffer.from(`${'x'.repeat(length)}\nnext`)], 10);
    t.equal(line.length, expected, `${length}`);
    t.equal(next, 'next');
  }
});

t.test('lines: the end of input: nothing after a last LF', async (t) => {
  t.same(split([], 10), []);
  t.same(split([Buffer.from('a\n')], 10), ['a']);
  t.same(split([Buffer.from('\n\n')], 10), ['', '']);
});

t.test('lines: from strings and bytes alike', async (t) => {
  async function* input(): AsyncGenerator<string | Uint8Array> {
    yield 'a';
    yield Buffer.from('b\nc');
  }
  t.same(await Array.fromAsync(readLines(input(), 10)), ['ab', 'c']);
});
