import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { judgeHistoryFile } from '../../src/chaos/judge-history.ts';
import { temporaryDirectory } from '../support/bank.ts';

/** A creation, and a read of the account after it. */
function history(t: Test, readBalance: string): string {
  const path = join(temporaryDirectory(t), 'history.ndjson');
  const lines = [
    { process: 0, type: 'invoke', op: 'create', args: ['5.00'], timeNs: 1 },
    {
      process: 0, type: 'ok', op: 'create', args: ['5.00'], timeNs: 2, request: '64-1',
      result: { account: 123, balance: '5.00', seq: 1 },
    },
    { process: 1, type: 'invoke', op: 'query', args: [123], timeNs: 3 },
    {
      process: 1, type: 'ok', op: 'query', args: [123], timeNs: 4, request: 'q-1',
      result: { account: 123, balance: readBalance, seq: 1 },
    },
  ];
  writeFileSync(path, `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`);
  return path;
}

t.test('judge-history: a right history, on a bank that had accounts before', async (t) => {
  t.same(await judgeHistoryFile(history(t, '5.00')), {
    verdict: 'linearizable',
    lines: ['2 operations of 2 processes: one order explains every answer'],
  });
});

t.test('judge-history: a wrong read: violated, in words and as a picture', async (t) => {
  const { verdict, lines } = await judgeHistoryFile(history(t, '6.00'));
  t.equal(verdict, 'violated');
  t.match(lines.join('\n'), /├─ QUERY 123 → 6\.00/);
});

t.test('judge-history: no history: undecided, which is no pass', async (t) => {
  const path = join(temporaryDirectory(t), 'history.ndjson');
  writeFileSync(path, 'nothing\n');
  t.match(await judgeHistoryFile(path), { verdict: 'undecided', lines: [/line 1/] });
});
