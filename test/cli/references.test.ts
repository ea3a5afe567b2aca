/** `--ref`: what is typed, as a line and as arguments. */
import t from 'tap';
import { parseLine } from '../../src/cli/command-language.ts';
import { joinWords } from '../../src/cli/line-words.ts';
import { checkOperation } from '../../src/core/check-operation.ts';
import type { Operation } from '../../src/core/operation.ts';

function parsed(line: string): Operation | string {
  const command = parseLine(line);
  if (command.type === 'operation') return command.operation;
  return command.type === 'bad' ? command.sentence : command.type;
}

t.test('reference: of every command that posts money', async (t) => {
  const lines = [
    'CREATE 5', 'UPDATE 100 5', 'DEPOSIT 100 5', 'WITHDRAW 100 5', 'TRANSFER 100 101 5',
    'TRANSFER 100 101 5 --id tx', 'HOLD 100 101 5 --for 1h', 'CAPTURE h', 'CAPTURE h 5',
    'REVERSE h', '@k DEPOSIT 100 5',
  ];
  for (const line of lines) {
    const plain = parsed(line) as Operation;
    const operation = { ...plain, reference: 'Invoice 2026-0017' };
    t.strictSame(parsed(`${line} --ref "Invoice 2026-0017"`), operation, line);
    t.equal(checkOperation(operation), undefined, 'and it can be sent');
  }
  const conditional = parsed('TRANSFER 1 2 5 --ref=x IF VERSION 7');
  t.match(conditional, { reference: 'x', terms: { ifVersion: 7 } });
});

t.test('reference: given as arguments, blanks stay where they are', async (t) => {
  const line = joinWords(['TRANSFER', '100', '101', '5', '--ref', 'Rent "May"  26']);
  t.match(parsed(line), { reference: 'Rent "May"  26' });
});

t.test('reference: what is none, and where there can be none', async (t) => {
  const cases: readonly [line: string, sentence: string | RegExp][] = [
    ['DEPOSIT 1 5 --ref ""', '"" is not a reference: 1 to 64 bytes of UTF-8, without control'],
    ['DEPOSIT 1 5 --ref " a"', /is not a reference: .*, or blanks at its ends$/],
    [`DEPOSIT 1 5 --ref ${'é'.repeat(33)}`, /is not a reference/],
    ['DEPOSIT 1 5 --ref "a\u2028b"', /is not a reference/],
    ['DEPOSIT 1 5 --ref a\ufffdb', /is not a reference/],
    ['DEPOSIT 1 5 --ref', '--ref takes a value; usage: DEPOSIT account amount [--ref TEXT]'],
    ['DEPOSIT 1 5 --ref a --ref b', /--ref is given twice/],
    ['VOID h --ref a', 'VOID takes no option "--ref"'],
    ['FREEZE 1 --ref a', 'FREEZE takes no option "--ref"'],
    ['AMEND 1 --name a --ref a', /^unknown option "--ref"/],
  ];
  for (const [line, sentence] of cases) t.match(parsed(line), sentence, String(sentence));
  t.match(parsed(`DEPOSIT 1 5 --ref ${'é'.repeat(32)}`), { reference: 'é'.repeat(32) });
});
