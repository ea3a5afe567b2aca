import t from 'tap';
import type { CutMode } from '../../src/core/chaos-message.ts';
import { CutSwitch, type Line } from '../../src/host/cut-switch.ts';
import { pause } from '../support/bank.ts';

/** Records what is done to it. */
class MadeUpSocket implements Line {
  readonly done: string[] = [];
  readonly writable = true;
  readonly writableLength = 5;

  write(bytes: Uint8Array): void {
    this.done.push(`write ${Buffer.from(bytes).toString()}`);
  }

  cork(): void {}

  uncork(): void {}

  pause(): void {
    this.done.push('pause');
  }

  resume(): void {
    this.done.push('resume');
  }

  end(): void {
    this.done.push('end');
  }

  destroy(): void {
    this.done.push('destroy');
  }
}

function armed(mode: CutMode): { readonly socket: MadeUpSocket; readonly line: CutSwitch } {
  const socket = new MadeUpSocket();
  return { socket, line: new CutSwitch(socket, mode) };
}

t.test('cut: both ways: bytes and end wait, then pass in order', async (t) => {
  for (const mode of ['both', 'half-open'] as const) {
    const { socket, line } = armed(mode);
    line.write(Buffer.from('one'));
    line.write(Buffer.from('two'));
    line.end();
    line.resume();
    t.same(socket.done, ['pause'], `${mode}: nothing passes`);
    t.equal(line.writableLength, 6 + 5, 'what is held counts');
    t.equal(line.writable, false, 'after an end');
    line.heal();
    t.same(socket.done, ['pause', 'write one', 'write two', 'end', 'resume'], mode);
    line.heal();
    t.equal(socket.done.length, 5, 'heals once');
  }
});

t.test('cut: a connection that was destroyed meanwhile: ends at the heal, unsaid', async (t) => {
  const { socket, line } = armed('both');
  line.write(Buffer.from('lost'));
  line.destroy();
  t.same(socket.done, ['pause']);
  line.heal();
  t.same(socket.done, ['pause', 'destroy']);
});

t.test('cut: one way: the other passes', async (t) => {
  const to = armed('to');
  to.line.write(Buffer.from('out'));
  to.line.resume();
  to.line.destroy();
  t.same(to.socket.done, ['pause', 'write out', 'destroy'], 'nothing reaches it');

  const from = armed('from');
  from.line.write(Buffer.from('out'));
  from.line.pause();
  from.line.resume();
  from.line.end();
  t.same(from.socket.done, ['pause', 'resume'], 'nothing comes from it');
  from.line.heal();
  t.same(from.socket.done.slice(2), ['write out', 'end', 'resume']);
});

t.test('cut: an owner that reads no more: does not, after the heal either', async (t) => {
  const { socket, line } = armed('both');
  line.pause();
  line.heal();
  t.notMatch(socket.done.join(), /resume/);
  line.resume();
  t.equal(socket.done.at(-1), 'resume', 'and when it will, the socket does');
});

t.test('cut: slow: a portion each way at each beat', async (t) => {
  const { socket, line } = armed('slow');
  const beats = async (count: number): Promise<void> => {
    while (socket.done.filter((each) => each === 'resume').length < count) await pause(10);
  };
  const startMs = performance.now();
  line.write(Buffer.alloc(20_000, 'x'));
  line.write(Buffer.from('end'));
  t.same(socket.done, ['pause']);
  await beats(1);
  t.ok(performance.now() - startMs > 200, 'late');
  t.equal(socket.done[1]?.length, 'write '.length + 16 * 1024, 'and a portion only');
  line.onPortion();
  t.equal(socket.done[3], 'pause', 'after one piece it rests');
  await beats(2);
  t.equal(socket.done[4]?.length, 'write '.length + 20_000 - 16 * 1024);
  t.equal(socket.done[5], 'write end');
  line.heal();
  line.onPortion();
  t.equal(socket.done.at(-1), 'resume', 'it rests no more');
});
