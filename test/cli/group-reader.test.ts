/** Lines between BEGIN and COMMIT: what gets into a group, and what keeps it from happening. */
import t from 'tap';
import { GroupReader, type Asked } from '../../src/cli/group-reader.ts';
import { GROUP_OPERATIONS_MAX } from '../../src/core/operation.ts';
import { prepareGroup } from '../../src/host/group-outcome.ts';

/** What each line asks for, in short. */
function read(reader: GroupReader, ...lines: readonly string[]): readonly string[] {
  return lines.map((line) => describe(reader.read(line)));
}

function describe(asked: Asked | { readonly type: 'nothing' }): string {
  switch (asked.type) {
    case 'bad': return asked.sentence;
    case 'queued': return `queued ${asked.word} ${asked.count}`;
    case 'commit': return `commit ${asked.commands.map(({ word }) => word).join()}`;
    default: return asked.type;
  }
}

const SPOILED = 'a line of the group was a bad request; nothing of the group happened';

t.test('group: its commands are gathered, and asked for by COMMIT', async (t) => {
  const reader = new GroupReader();
  t.strictSame(read(
    reader, 'begin', 'UPDATE 100 5', '# note', 'DEPOSIT 100 1 IF VERSION 7', '', 'help',
    'withdraw 100 1', 'TRANSFER 100 101 1 IF BALANCE 3',
  ), [
    'begin', 'queued update 1', 'nothing', 'queued deposit 2', 'nothing', 'help',
    'queued withdraw 3', 'queued transfer 4',
  ]);
  t.strictSame(reader.open, { count: 4, isSpoiled: false });
  const commit = reader.read('COMMIT');
  t.match(commit, {
    type: 'commit',
    commands: [
      { operation: { kind: 'update', account: 100, amount: 5 } },
      { operation: { kind: 'deposit', terms: { ifVersion: 7 } } },
      { operation: { kind: 'withdraw' } },
      { operation: { kind: 'transfer', toAccount: 101, terms: { ifBalance: 3 } } },
    ],
  });
  t.equal(reader.open, undefined);
  t.strictSame(read(reader, 'BEGIN', 'COMMIT', 'QUERY 1'), ['begin', 'commit ', 'operation']);
});

t.test('group: its key stands before BEGIN, and is of that group only', async (t) => {
  const reader = new GroupReader();
  read(reader, '@Rent-11 begin', 'DEPOSIT 1 2');
  const commands = [{ word: 'deposit' }];
  t.match(reader.read('COMMIT'), { type: 'commit', commands, key: 'Rent-11' });
  read(reader, 'BEGIN', 'DEPOSIT 1 2');
  t.strictSame(Object.keys(reader.read('COMMIT')), ['type', 'commands']);
  read(reader, '@a BEGIN', 'ROLLBACK', '@b BEGIN');
  t.match(reader.read('COMMIT'), { key: 'b' });
  t.strictSame(read(reader, '@k ROLLBACK', '@k BEGIN x', '@a b BEGIN'), [
    'ROLLBACK takes no key: that of a group stands before its BEGIN',
    'BEGIN takes no argument, not 1; usage: BEGIN', 'unknown command "b"; HELP lists the commands',
  ]);
});

t.test('group: COMMIT and ROLLBACK of none', async (t) => {
  const none = 'no group is open; BEGIN opens one';
  t.strictSame(read(new GroupReader(), 'COMMIT', 'ROLLBACK', 'commit x', 'begin x'), [
    none, none, 'COMMIT takes no argument, not 1; usage: COMMIT',
    'BEGIN takes no argument, not 1; usage: BEGIN',
  ]);
});

t.test('group: a line that did not get into it: COMMIT does nothing', async (t) => {
  const others: readonly [line: string, sentence: RegExp][] = [
    ['TRANSFR 1 2 3', /did you mean TRANSFER/],
    ['TRANSFER 1 2', /takes 3 arguments/],
    ['TRANSFER 1 1 2', /the same account/],
    ['QUERY x', /not an account number/],
    [`DEPOSIT 1 ${'1'.repeat(5_000)}`, /longer than/],
    ['BEGIN', /^a group is open already; COMMIT or ROLLBACK ends it$/],
    ['@k DEPOSIT 1 2', /^a command in a group takes no key: @key BEGIN gives the group one$/],
    ['@k BEGIN', /^a group is open already/],
    ['@k COMMIT', /^COMMIT takes no key: that of a group stands before its BEGIN$/],
    ['TRANSFER 1 2 3 --id x', /^a TRANSFER in a group takes no --id$/],
    ['CREATE 1', /^CREATE has to wait: UPDATE, DEPOSIT, WITHDRAW and TRANSFER are what can be/],
    ['HOLD 1 2 3', /^HOLD has to wait/], ['CAPTURE x', /^CAPTURE has to wait/],
    ['FREEZE 1', /^FREEZE has to wait/],
  ];
  for (const [line, sentence] of others) {
    const reader = new GroupReader();
    t.strictSame(read(reader, 'BEGIN', 'DEPOSIT 1 2'), ['begin', 'queued deposit 1']);
    t.match(read(reader, line)[0], sentence, line.slice(0, 30));
    t.strictSame(reader.open, { count: 1, isSpoiled: true }, 'it stays open');
    t.strictSame(read(reader, 'DEPOSIT 1 2', 'COMMIT', 'BEGIN', 'DEPOSIT 1 2', 'COMMIT'), [
      'queued deposit 2', SPOILED, 'begin', 'queued deposit 1', 'commit deposit',
    ], 'and the next group has nothing to do with it');
  }
});

t.test('group: what only looks is refused, and not missed', async (t) => {
  for (const line of ['QUERY 1', 'ACCOUNT 1', 'ACCOUNTS', 'TRIAL', 'OUTCOME 64-1', 'STATUS']) {
    const reader = new GroupReader();
    read(reader, 'BEGIN', 'DEPOSIT 1 2');
    t.match(read(reader, line)[0], /has to wait: .*COMMIT or ROLLBACK ends it$/, line);
    t.strictSame(read(reader, 'COMMIT'), ['commit deposit']);
  }
});

t.test('group: ROLLBACK drops it; QUIT leaves it', async (t) => {
  const reader = new GroupReader();
  t.strictSame(read(reader, 'BEGIN', 'DEPOSIT 1 2', 'foo', 'ROLLBACK', 'COMMIT').slice(3), [
    'rollback', 'no group is open; BEGIN opens one',
  ]);
  t.equal(reader.leftOpen, undefined);
  t.strictSame(read(reader, 'BEGIN', 'DEPOSIT 1 2', 'QUIT').at(-1), 'quit');
  t.equal(reader.leftOpen, 'the group was never committed: nothing of it happened');
});

t.test('group: so many commands, and not one more', async (t) => {
  const reader = new GroupReader();
  reader.read('BEGIN');
  for (let each = 0; each < GROUP_OPERATIONS_MAX; each += 1) reader.read('DEPOSIT 1 1');
  t.equal(reader.open?.count, 1_000);
  const full = new GroupReader();
  full.read('BEGIN');
  for (let each = 0; each < GROUP_OPERATIONS_MAX; each += 1) full.read('DEPOSIT 1 1');
  t.strictSame(read(full, 'DEPOSIT 1 1', 'COMMIT'), [
    'a group has at most 1000 commands', SPOILED,
  ]);
  const commit = reader.read('COMMIT');
  const operations = commit.type === 'commit' ? commit.commands.map((each) => each.operation) : [];
  t.equal(operations.length, 1_000);
  t.type(prepareGroup(operations), 'object', 'it can be sent');
});
