/** Histories of one register, in the forms in which Jepsen writes them. */
import t from 'tap';
import { checkHistory } from '../../../src/verify/history/check-history.ts';
import { HistoryError } from '../../../src/verify/history/history.ts';
import { parseHistory } from '../../../src/verify/history/history-text.ts';

/** `0 invoke write 1` as a line of a log, and as a map. */
const forms: Readonly<Record<string, (line: string) => string>> = {
  log: (line) => {
    const [process, type, op, ...value] = line.trim().split(' ');
    const tabbed = [`:${type}`, ...(op === '' ? [] : [`:${op}`]), value.join(' ')].join('\t');
    return `INFO  jepsen.util - ${process}\t${tabbed}`;
  },
  bare: (line) => {
    const [process, type, op, ...value] = line.trim().split(' ');
    return `${process} :${type} :${op} ${value.join(' ')}`;
  },
  map: (line) => {
    const [process, type, op, ...value] = line.trim().split(' ');
    return `{:process ${process}, :type :${type}, :f :${op}, :value ${value.join(' ')}, :index 1}`;
  },
};

const cases: readonly [name: string, verdict: string, lines: readonly string[]][] = [
  ['it begins with nil', 'linearizable', ['0 invoke read nil', '0 ok read nil']],
  ['a value from nowhere', 'violated', ['0 invoke read nil', '0 ok read 1']],
  ['a stale read', 'violated', [
    '0 invoke write 1', '0 ok write 1', '1 invoke write 2', '1 ok write 2',
    '2 invoke read nil', '2 ok read 1',
  ]],
  ['concurrent with the write, either is read', 'linearizable', [
    '0 invoke write 1', '0 ok write 1', '1 invoke write 2', '2 invoke read nil',
    '3 invoke read nil', '2 ok read 1', '3 ok read 2', '1 ok write 2',
  ]],
  ['new, then old', 'violated', [
    '0 invoke write 1', '0 ok write 1', '1 invoke write 2', '2 invoke read nil', '2 ok read 2',
    '2 invoke read nil', '2 ok read 1', '1 ok write 2',
  ]],
  ['a failed compare-and-set that was applied', 'violated', [
    '0 invoke write 1', '0 ok write 1', '1 invoke cas [3 2]', '1 fail cas [3 2]',
    '2 invoke read nil', '2 ok read 2',
  ]],
  ['a compare-and-set that failed though the value was there', 'violated', [
    '0 invoke write 1', '0 ok write 1', '1 invoke cas [1 2]', '1 fail cas [1 2]',
    '2 invoke read nil', '2 ok read 1',
  ]],
  ['a compare-and-set that succeeded though another value was there', 'violated', [
    '0 invoke write 1', '0 ok write 1', '1 invoke cas [3 2]', '1 ok cas [3 2]',
  ]],
  ['a compare-and-set that timed out for good', 'linearizable', [
    '0 invoke write 1', '0 ok write 1', '1 invoke cas [1 2]', '1 fail cas :timed-out',
    '2 invoke read nil', '2 ok read 1',
  ]],
  ['a write that timed out shows later', 'linearizable', [
    '0 invoke write 1', '0 ok write 1', '1 invoke write 2', '1 info write :timed-out',
    '2 invoke read nil', '2 ok read 1', '2 invoke read nil', '2 ok read 2',
  ]],
  ['a write that timed out shows twice', 'violated', [
    '0 invoke write 1', '0 ok write 1', '1 invoke write 2', '1 info write :timed-out',
    '2 invoke read nil', '2 ok read 2', '2 invoke write 3', '2 ok write 3',
    '2 invoke read nil', '2 ok read 2',
  ]],
  ['a chain of what timed out', 'linearizable', [
    '0 invoke cas [2 3]', '0 info cas :timed-out', '1 invoke cas [1 2]', '1 info cas :timed-out',
    '2 invoke write 1', '2 info write :timed-out', '3 invoke read nil', '3 ok read 3',
  ]],
  ['what failed shows', 'violated', [
    '0 invoke write 1', '0 fail write 1', '3 invoke read nil', '3 ok read 1',
  ]],
  ['a read that failed or timed out says nothing', 'linearizable', [
    '0 invoke write 1', '1 invoke read nil', '2 invoke read nil', '1 fail read :timed-out',
    '2 info read :timed-out', '0 ok write 1',
  ]],
];

for (const [name, verdict, lines] of cases) {
  t.test(`history of a register: ${name}: ${verdict}`, async (t) => {
    for (const [form, write] of Object.entries(forms)) {
      const history = parseHistory(lines.map(write).join('\n'));
      t.equal(history.model, 'register');
      t.equal(checkHistory(history).verdict, verdict, form);
    }
  });
}

t.test('history of a register: other spellings', async (t) => {
  const text = `[
    {:type :invoke, :f :write, :value "a b", :process 0, :time 10}
    {:process 0 :type :ok :f :write :value "a b" :time 12} ; done

    {:process :nemesis, :type :info, :f :start, :value {:cut #{1 2}}, :time 13}
    {:process 1, :type :invoke, :f :read, :value nil, :time 14}
    #jepsen.history.Op{:process 1, :type :ok, :f :read, :value "a b", :time 15}
  ]`;
  t.equal(checkHistory(parseHistory(text)).verdict, 'linearizable');
  const nameless = [
    '0 :invoke :write 1', '0 :info :timed-out', '1 :invoke :read nil', '1 :ok :read 1',
  ].join('\n');
  t.equal(checkHistory(parseHistory(nameless)).verdict, 'linearizable');
});

t.test('history of a register: what is none is an error with its line', async (t) => {
  const first = '{:process 0, :type :invoke, :f :read, :value nil}';
  const wrong = [
    '{:process 0', '{:process 0, :type :done, :f :read}', '{:type :ok}', '}', '{:a {:b {:c}}',
    '{'.repeat(10_000), ':invoke', '{:process 1, :type :invoke, :f :cas, :value [1]}',
    '{:process 1, :type :invoke, :f :append, :value 1}',
    '{:process 1, :type :invoke, :f :write, :value [[1]]}', `"${'\\'.repeat(1_000)}`,
  ];
  for (const line of wrong) {
    t.throws(() => parseHistory(`${first}\n${line}\n${first}`), HistoryError, line.slice(0, 60));
  }
});
