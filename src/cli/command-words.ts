/**
 * The commands, an entry each: what they take, and the operation that they make (interface.md, "The
 * command language"). Parsing, usage, HELP and completion come from this table.
 */
import type { Kind, Operation } from '../core/operation.ts';
import type { Terms } from '../core/terms.ts';
import { AT_USAGE } from './at-clause.ts';
import {
  ACCOUNT, ACCOUNT_UNLESS_NAMED, AFTER, AMOUNT, CEILING, CONDITIONS, CURRENCY, FLOOR, FOR, FROM,
  ID, LIMIT, makeCreate, makeOperation, MAX, MIN, MOVEMENT, NAME, PART, PREFIX, REFERENCE, REQUEST,
  START, TO, WHOSE, type Option, type Parameter, type Parts,
} from './command-parts.ts';
import { nearest } from './nearest.ts';
import { isBackwards, STATEMENT_OPTIONS } from './statement-parts.ts';

export type CommandWord =
  | 'create' | 'update' | 'query' | 'deposit' | 'withdraw' | 'transfer' | 'hold' | 'capture'
  | 'void' | 'reverse' | 'begin' | 'commit' | 'rollback' | 'amend' | 'freeze' | 'unfreeze'
  | 'close' | 'account' | 'accounts' | 'statement' | 'trial' | 'outcome' | 'quit' | 'status'
  | 'help';

export interface CommandForm {
  readonly word: CommandWord;
  /** In this order; those that may be left out come last. */
  readonly parameters: readonly Parameter[];
  /** After the parameters, in any order. */
  readonly options: readonly Option[];
  /** It changes accounts, and so may carry an idempotency key. */
  readonly isWrite: boolean;
  /** The key that it may carry is that of what follows. */
  readonly takesKey?: boolean;
  /** It may end in IF … */
  readonly takesCondition: boolean;
  /** It may end in AT …: it asks about the past. */
  readonly takesMoment?: boolean;
  readonly summary: string;
  /** The operation, or why there is none. Undefined: the ledger is not asked. */
  readonly make?: (parts: Parts) => Operation | string;
}

const SAME_ACCOUNT = 'from and to are the same account';
/** How many accounts ACCOUNTS shows where it is not said. */
const ACCOUNTS_SHOWN = 20;

const BARE = { parameters: [], options: [], isWrite: false, takesCondition: false } as const;
const CHANGE = { ...BARE, isWrite: true, takesCondition: true } as const;
const FOLLOW_UP = { ...CHANGE, takesCondition: false } as const;

/** In the order in which they are shown. */
export const COMMAND_FORMS: readonly CommandForm[] = [
  {
    ...CHANGE, word: 'create', takesCondition: false,
    parameters: [AMOUNT], options: [NAME, CURRENCY, FLOOR, CEILING, REFERENCE],
    summary: 'a new account; answers its number', make: makeCreate,
  },
  {
    ...CHANGE, word: 'update', parameters: [ACCOUNT, AMOUNT], options: [REFERENCE],
    summary: 'sets the balance', make: asks('update'),
  },
  {
    ...BARE, word: 'query', parameters: [ACCOUNT], takesMoment: true,
    summary: 'the balance', make: asks('query'),
  },
  {
    ...CHANGE, word: 'deposit', parameters: [ACCOUNT, AMOUNT], options: [REFERENCE],
    summary: 'adds', make: asks('deposit'),
  },
  {
    ...CHANGE, word: 'withdraw', parameters: [ACCOUNT, AMOUNT], options: [REFERENCE],
    summary: 'subtracts', make: asks('withdraw'),
  },
  {
    ...CHANGE, word: 'transfer', parameters: [FROM, TO, AMOUNT], options: [ID, REFERENCE],
    summary: 'moves; both or neither', make: makeTransfer,
  },
  {
    ...FOLLOW_UP, word: 'hold', parameters: [FROM, TO, AMOUNT], options: [FOR, ID, REFERENCE],
    summary: 'sets money aside for a transfer; answers the id', make: makeHold,
  },
  {
    ...FOLLOW_UP, word: 'capture', parameters: [MOVEMENT, PART], options: [REFERENCE],
    summary: 'moves what is held, or a part; the rest is released', make: asks('capture'),
  },
  {
    ...FOLLOW_UP, word: 'void', parameters: [MOVEMENT],
    summary: 'releases what is held', make: asks('void'),
  },
  {
    ...FOLLOW_UP, word: 'reverse', parameters: [MOVEMENT, PART], options: [REFERENCE],
    summary: 'takes back what was moved under an id, or a part', make: asks('reverse'),
  },
  {
    ...BARE, word: 'begin', takesKey: true,
    summary: 'opens a group of changes: all are done, or none',
  },
  { ...BARE, word: 'commit', summary: 'does them, in one go' },
  { ...BARE, word: 'rollback', summary: 'drops them' },
  {
    ...CHANGE, word: 'amend', parameters: [ACCOUNT], options: [NAME, FLOOR, CEILING],
    summary: 'gives it another name or other limits', make: makeAmend,
  },
  {
    ...CHANGE, word: 'freeze', parameters: [ACCOUNT],
    summary: 'lets nothing in or out', make: asks('amend', { frozen: true }),
  },
  {
    ...CHANGE, word: 'unfreeze', parameters: [ACCOUNT],
    summary: 'ends that', make: asks('amend', { frozen: false }),
  },
  {
    ...CHANGE, word: 'close', parameters: [ACCOUNT],
    summary: 'ends an empty account for good', make: asks('amend', { closed: true }),
  },
  {
    ...BARE, word: 'account', parameters: [ACCOUNT_UNLESS_NAMED], options: [WHOSE],
    summary: 'all about it; by its number or its name', make: makeAccount,
  },
  {
    ...BARE, word: 'accounts', options: [PREFIX, CURRENCY, MIN, MAX, LIMIT, START, AFTER],
    summary: 'many, by number', make: makeAccounts,
  },
  {
    ...BARE, word: 'statement', parameters: [ACCOUNT], options: STATEMENT_OPTIONS,
    summary: 'what came and went, line by line', make: makeStatement,
  },
  {
    ...BARE, word: 'trial', takesMoment: true,
    summary: 'the trial balance, by currency', make: asks('trial'),
  },
  {
    ...BARE, word: 'outcome', parameters: [REQUEST],
    summary: 'what became of a request', make: asks('outcome'),
  },
  { ...BARE, word: 'status', summary: 'the bank and its backends' },
  { ...BARE, word: 'help', summary: 'this' },
  { ...BARE, word: 'quit', summary: 'ends the session' },
];

export const COMMAND_WORDS: readonly string[] = COMMAND_FORMS.map(({ word }) => word.toUpperCase());

/** The form of the word, in any case of letters; undefined where there is none. */
export function findForm(typed: string): CommandForm | undefined {
  if (typed.length > 16) return undefined;
  const word = typed.toLowerCase();
  return COMMAND_FORMS.find((form) => form.word === word);
}

/** How other prompts are left. */
const OTHER_WORDS_FOR_QUIT = new Set(['exit', 'q', '\\q', ':q', 'bye', 'logout']);

export function nearestWord(typed: string): string | undefined {
  if (OTHER_WORDS_FOR_QUIT.has(typed.toLowerCase())) return 'QUIT';
  return nearest(typed, COMMAND_WORDS);
}

/** `TRANSFER from to amount [IF VERSION n | IF BALANCE x]`. */
export function usageOf(form: CommandForm): string {
  return [headOf(form), ...tailOf(form)].join(' ');
}

/** What HELP shows on a terminal, a line each. */
export function helpLines(): readonly string[] {
  const width = Math.max(...COMMAND_FORMS.map((form) => headOf(form).length));
  return [
    ...COMMAND_FORMS.flatMap((form) => [
      `${headOf(form).padEnd(width)}  ${form.summary}`,
      ...(form.options.length === 0 ? [] : [`  ${form.options.map(usageOfOption).join(' ')}`]),
      ...(form.takesMoment === true ? [`  [${AT_USAGE}]`] : []),
    ]),
    '',
    'A write may begin with @key: the same key and command again get the first answer,',
    'and nothing happens twice; @key BEGIN does so for a whole group. A write to an account that',
    'is there may end in IF VERSION n or IF BALANCE x: it is refused where ACCOUNT tells another.',
    'Between BEGIN and COMMIT stand UPDATE, DEPOSIT, WITHDRAW and TRANSFER, without keys and ids.',
    'Amounts have at most two digits after the point, or as many as their currency has.',
    '"A name" with blanks stands in quotes.',
    'AT asks about the past: a time is UTC unless it says otherwise, a date its first instant.',
    'So do --from and --to of STATEMENT, a seq or a time each. It shows the last 20 lines, or all',
    'where it has --from, --to or --csv; with --after, the first ones behind that line.',
  ];
}

function headOf({ word, parameters }: CommandForm): string {
  const names = parameters.map(({ name, isOptional = false }) => (isOptional ? `[${name}]` : name));
  return [word.toUpperCase(), ...names].join(' ');
}

function tailOf({ options, takesCondition, takesMoment }: CommandForm): readonly string[] {
  const conditions = CONDITIONS.map(({ word, value }) => `IF ${word} ${value}`).join(' | ');
  return [
    ...options.map(usageOfOption),
    ...(takesCondition ? [`[${conditions}]`] : []),
    ...(takesMoment === true ? [`[${AT_USAGE}]`] : []),
  ];
}

function usageOfOption({ word, value }: Option): string {
  return value === undefined ? `[${word}]` : `[${word} ${value}]`;
}

function asks(kind: Kind, terms?: Terms): (parts: Parts) => Operation | string {
  return (parts) => makeOperation(kind, parts, terms);
}

function makeTransfer(parts: Parts): Operation | string {
  const { id, ifVersion, ifBalance } = parts;
  const isConditional = ifVersion !== undefined || ifBalance !== undefined;
  if (id !== undefined && isConditional) return '--id and IF exclude each other';
  return parts.account === parts.toAccount ? SAME_ACCOUNT : makeOperation('transfer', parts);
}

function makeHold(parts: Parts): Operation | string {
  return parts.account === parts.toAccount ? SAME_ACCOUNT : makeOperation('hold', parts);
}

function makeAmend(parts: Parts): Operation | string {
  const { name, floor, ceiling } = parts;
  const changes = name !== undefined || floor !== undefined || ceiling !== undefined;
  return changes ? makeOperation('amend', parts) : 'AMEND needs --name, --floor or --ceiling';
}

function makeAccount(parts: Parts): Operation | string {
  const { account, name } = parts;
  if (account === undefined && name === undefined) return 'ACCOUNT needs a number or --name';
  const isTwofold = account !== undefined && name !== undefined;
  return isTwofold ? 'a number and --name exclude each other' : makeOperation('account', parts);
}

function makeStatement(parts: Parts): Operation | string {
  return isBackwards(parts) ? '--to is before --from' : makeOperation('statement', parts);
}

/** `amount` is how many of them at most, `account` the first to look at. */
function makeAccounts(parts: Parts): Operation | string {
  const { limit = ACCOUNTS_SHOWN, account = 0 } = parts;
  return makeOperation('accounts', { ...parts, account, amount: { amount: limit, scale: 0 } });
}
