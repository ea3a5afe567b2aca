/**
 * A slow, obviously right bank behind the command language: text in, text out, a Map and BigInt.
 */
import type { Random } from '../../src/core/random.ts';

const MAX = 9007199254740991n;

export class TextTwin {
  readonly #balances = new Map<number, bigint>();
  readonly #keyed = new Map<string, { command: string; answer: string }>();
  #keys = 0;

  balances(): Record<string, string> {
    return Object.fromEntries(
      [...this.#balances].map(([account, cents]) => [account, text(cents)]),
    );
  }

  /** A command that makes sense mostly. */
  draw(random: Random): string {
    const account = (): number =>
      100 + random.int(this.#balances.size + (random.chance(0.05) ? 3 : 0) + 1);
    const amount = (): string =>
      random.chance(0.5)
        ? String(random.int(500))
        : `${random.int(500)}.${random.int(10)}${random.int(10)}`;
    const kind = this.#balances.size < 50 ? random.int(12) : 1 + random.int(11);
    const key = (): string =>
      random.chance(0.3) ? `@k${1 + random.int(this.#keys + 1)}` : `@k${(this.#keys += 1)}`;
    switch (kind) {
      case 0:
        return `CREATE ${amount()}`;
      case 1:
        return `update ${account()} ${amount()}`;
      case 2:
      case 3:
        return `DEPOSIT ${account()} ${amount()}`;
      case 4:
        return `WITHDRAW ${account()} ${amount()}`;
      case 5:
      case 6:
      case 7:
        return `TRANSFER ${account()} ${account()} ${amount()}`;
      case 8:
        return `${key()} TRANSFER 100 101 1`;
      case 9:
        return random.chance(0.2) ? 'DEPOSIT 100 1.234' : `query ${account()}`;
      default:
        return `QUERY ${account()}`;
    }
  }

  /** The whole answer, or of a refusal its words. */
  answer(line: string): string {
    const match = /^(@\S+) (.*)$/.exec(line);
    const key = match?.[1];
    const command = (match?.[2] ?? line).toUpperCase();
    if (key === undefined) return this.#execute(command);
    const before = this.#keyed.get(key);
    if (before !== undefined) return before.command === command ? before.answer : 'ERR KEY REUSED';
    const answer = this.#execute(command);
    if (!answer.startsWith('ERR BAD REQUEST')) this.#keyed.set(key, { command, answer });
    return answer;
  }

  #execute(command: string): string {
    const [verb, ...words] = command.split(' ');
    const [first = '', second = '', third = ''] = words;
    switch (verb) {
      case 'CREATE':
        return this.#create(first);
      case 'UPDATE':
        return this.#change(first, () => cents(second));
      case 'DEPOSIT':
        return this.#change(first, (balance) => balance + (cents(second) ?? 0n), second);
      case 'WITHDRAW':
        return this.#change(first, (balance) => balance - (cents(second) ?? 0n), second);
      case 'QUERY':
        return this.#query(first);
      case 'TRANSFER':
        return this.#transfer(Number(first), Number(second), cents(third));
      default:
        return 'ERR BAD REQUEST';
    }
  }

  #create(amount: string): string {
    const opening = cents(amount);
    if (opening === undefined) return 'ERR BAD REQUEST';
    const account = 100 + this.#balances.size;
    this.#balances.set(account, opening);
    return `OK ${account}`;
  }

  #query(account: string): string {
    const balance = this.#balances.get(Number(account));
    return balance === undefined ? `ERR ACCT NOT FOUND: account ${account}` : `OK ${text(balance)}`;
  }

  #change(account: string, change: (balance: bigint) => bigint | undefined, amount = '0'): string {
    if (cents(amount) === undefined) return 'ERR BAD REQUEST';
    const balance = this.#balances.get(Number(account));
    if (balance === undefined) return `ERR ACCT NOT FOUND: account ${account}`;
    const changed = change(balance);
    if (changed === undefined) return 'ERR BAD REQUEST';
    if (changed < 0n) return 'ERR INSUFFICIENT FUNDS';
    if (changed > MAX) return 'ERR LIMIT EXCEEDED';
    this.#balances.set(Number(account), changed);
    return `OK ${text(changed)}`;
  }

  #transfer(from: number, to: number, amount: bigint | undefined): string {
    if (from === to || amount === undefined) return 'ERR BAD REQUEST';
    const source = this.#balances.get(from);
    const target = this.#balances.get(to);
    if (source === undefined) return `ERR ACCT NOT FOUND: account ${from}`;
    if (target === undefined) return `ERR ACCT NOT FOUND: account ${to}`;
    if (source < amount) return 'ERR INSUFFICIENT FUNDS';
    if (target + amount > MAX) return 'ERR LIMIT EXCEEDED';
    this.#balances.set(from, source - amount);
    this.#balances.set(to, target + amount);
    return `OK ${text(source - amount)} ${text(target + amount)}`;
  }
}

function cents(amount: string): bigint | undefined {
  const match = /^(\d+)(?:\.(\d{1,2}))?$/.exec(amount);
  if (match === null) return undefined;
  return BigInt((match[1] ?? '') + (match[2] ?? '').padEnd(2, '0'));
}

function text(amount: bigint): string {
  const digits = String(amount).padStart(3, '0');
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
