/** What an invocation asks for, of a bank or of a register. */
import { parseRequestId } from '../../core/request-id.ts';
import { AMOUNT_MAX } from '../../core/operation.ts';
import { readAccount, readHundredths } from './decimal.ts';
import type { BankKind, OperationKind, RegisterKind } from './history.ts';

export interface Asked {
  readonly account: number;
  readonly toAccount: number;
  readonly amount: number;
  readonly text: string | undefined;
  readonly expected: string | undefined;
  /** Why no bank may do it. */
  readonly malformed: string | undefined;
}

const BANK_KINDS: readonly string[] = [
  'create', 'update', 'query', 'deposit', 'withdraw', 'transfer', 'outcome',
] satisfies BankKind[];
const REGISTER_KINDS: readonly string[] = ['read', 'write', 'cas'] satisfies RegisterKind[];
const BLANK: Asked = {
  account: NaN, toAccount: NaN, amount: NaN,
  text: undefined, expected: undefined, malformed: undefined,
};

export function isBankKind(op: string): op is BankKind {
  return BANK_KINDS.includes(op);
}

export function isRegisterKind(op: string): op is RegisterKind {
  return REGISTER_KINDS.includes(op);
}

export function readArguments(kind: OperationKind, args: readonly unknown[]): Asked {
  switch (kind) {
    case 'create':
      return checked({ ...BLANK, amount: amountOf(args[0]) }, args, 1, kind);
    case 'query':
      return checked({ ...BLANK, account: accountOf(args[0]), amount: 0 }, args, 1, kind);
    case 'update':
    case 'deposit':
    case 'withdraw': {
      const asked = { ...BLANK, account: accountOf(args[0]), amount: amountOf(args[1]) };
      return checked(asked, args, 2, kind);
    }
    case 'transfer': {
      const [account, toAccount] = [accountOf(args[0]), accountOf(args[1])];
      const asked = checked({ ...BLANK, account, toAccount, amount: amountOf(args[2]) }, args, 3,
        kind);
      if (account !== toAccount) return asked;
      return { ...asked, malformed: 'from and to are the same account' };
    }
    case 'outcome': {
      const text = typeof args[0] === 'string' ? args[0] : undefined;
      const isRequest = text?.startsWith('@') === true || parseRequestId(text ?? '') !== undefined;
      const malformed = isRequest ? undefined : 'OUTCOME asks for a @key or a request';
      return { ...BLANK, text, malformed };
    }
    case 'read':
      return BLANK;
    case 'write':
      return { ...BLANK, text: valueOf(args[0]) };
    case 'cas':
      return { ...BLANK, expected: valueOf(args[0]), text: valueOf(args[1]) };
  }
}

function checked(asked: Asked, args: readonly unknown[], count: number, kind: string): Asked {
  const { account, toAccount, amount } = asked;
  const isWhole = args.length === count && amount >= 0 && amount <= AMOUNT_MAX;
  const hasAccount = kind === 'create' || account >= 0;
  const hasOther = kind !== 'transfer' || toAccount >= 0;
  if (isWhole && hasAccount && hasOther) return asked;
  return { ...asked, malformed: `${kind} does not take such arguments` };
}

function accountOf(value: unknown): number {
  return readAccount(value) ?? NaN;
}

function amountOf(value: unknown): number {
  return readHundredths(value) ?? NaN;
}

function valueOf(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : String(value);
}
