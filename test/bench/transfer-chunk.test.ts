import t from 'tap';
import { AccountDraw } from '../../src/bench/account-draw.ts';
import { TransferChunk } from '../../src/bench/transfer-chunk.ts';
import type { Result } from '../../src/core/operation.ts';
import { prepareChunk } from '../../src/host/prepared-chunk.ts';
import { encodeResults, operationsOf, result } from '../support/recorded-session.ts';

const NUMBERS = Uint32Array.from({ length: 50 }, (_, at) => 4_000_000_000 + at);

function chunkOf(operations: number, isKeyed: boolean) {
  const chunk = new TransferChunk(operations, isKeyed);
  const draw = new AccountDraw(NUMBERS.length, 'uniform', 1);
  return { chunk, draw: () => chunk.draw(draw, NUMBERS), asked: () => operationsOf(chunk.bytes) };
}

for (const isKeyed of [false, true]) {
  t.test(`chunk: ${isKeyed ? 'keyed' : 'plain'}: a chunk of transfers, drawn anew`, async (t) => {
    const { chunk, draw, asked } = chunkOf(200, isKeyed);
    const sendings = [1, 2, 3].map(() => {
      draw();
      t.type(prepareChunk(chunk.bytes), 'object', 'the client library takes it');
      return asked();
    });
    for (const operations of sendings) {
      t.equal(operations.length, 200);
      for (const { kind, account = 0, toAccount = 0, amount } of operations) {
        t.same({ kind, amount }, { kind: 'transfer', amount: 1 });
        t.ok(NUMBERS.includes(account) && NUMBERS.includes(toAccount) && account !== toAccount);
      }
    }
    t.not(JSON.stringify(sendings[0]), JSON.stringify(sendings[1]));
    const keys = sendings.flat().map(({ key }) => key);
    if (isKeyed) t.equal(new Set(keys).size, 600, 'no key twice');
    else t.ok(keys.every((key) => key === undefined));
  });
}

t.test('chunk: keyed: another chunk has other keys', async (t) => {
  const [one, other] = [chunkOf(5, true), chunkOf(5, true)];
  one.draw();
  other.draw();
  const keys = [...one.asked(), ...other.asked()].map(({ key }) => key);
  t.equal(new Set(keys).size, 10);
});

t.test('chunk: an answer to it: right, or what is wrong with it', async (t) => {
  const { chunk, draw, asked } = chunkOf(3, true);
  draw();
  const right = asked().map(({ kind, account = 0 }) => result('ok', { kind, account }));
  t.equal(chunk.fault(encodeResults(right)), undefined);
  const [first, second, third] = right as [Result, Result, Result];
  const { account = 0, toAccount = 0 } = asked()[1] ?? {};
  const transfer = `TRANSFER ${account} ${toAccount}`;
  const faultOf = (answer: typeof second): string | undefined =>
    chunk.fault(encodeResults([first, answer, third]));
  t.equal(faultOf({ ...second, code: 'insufficientFunds' }),
    `${transfer} was answered insufficientFunds of account ${account}`);
  t.equal(faultOf({ ...second, account: 7 }), `${transfer} was answered ok of account 7`);
  t.match(faultOf({ ...second, kind: 'deposit' }), transfer);
  t.equal(chunk.fault(encodeResults([first, second])), '3 transfers got 2 answers');
});
