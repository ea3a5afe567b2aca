/**
 * The words of the command language, their arguments, and the sentence that shows how each is used
 * (interface.md, "The command language").
 */
import { nearest } from './nearest.ts';

export type CommandWord =
  | 'create' | 'update' | 'query' | 'deposit' | 'withdraw' | 'transfer' | 'outcome'
  | 'quit' | 'status' | 'help';

/** Commands that change accounts: those that may carry an idempotency key. */
export type WriteWord = 'create' | 'update' | 'deposit' | 'withdraw' | 'transfer';

export interface CommandForm {
  readonly word: CommandWord;
  /** The names of its arguments, all required. */
  readonly parameters: readonly string[];
  readonly summary: string;
}

/** In the order in which they are shown. */
export const COMMAND_FORMS: readonly CommandForm[] = [
  { word: 'create', parameters: ['amount'], summary: 'a new account; answers its number' },
  { word: 'update', parameters: ['account', 'amount'], summary: 'sets the balance' },
  { word: 'query', parameters: ['account'], summary: 'the balance' },
  { word: 'deposit', parameters: ['account', 'amount'], summary: 'adds' },
  { word: 'withdraw', parameters: ['account', 'amount'], summary: 'subtracts' },
  { word: 'transfer', parameters: ['from', 'to', 'amount'], summary: 'moves; both or neither' },
  { word: 'outcome', parameters: ['@key or request'], summary: 'what became of a request' },
  { word: 'status', parameters: [], summary: 'the bank and its backends' },
  { word: 'help', parameters: [], summary: 'this' },
  { word: 'quit', parameters: [], summary: 'ends the session' },
];

export const COMMAND_WORDS: readonly string[] = COMMAND_FORMS.map(({ word }) => word.toUpperCase());

const WRITES: ReadonlySet<CommandWord> = new Set<CommandWord>([
  'create', 'update', 'deposit', 'withdraw', 'transfer',
]);

export function isWrite(word: CommandWord): word is WriteWord {
  return WRITES.has(word);
}

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

/** `TRANSFER from to amount`. */
export function usageOf(form: CommandForm): string {
  return [form.word.toUpperCase(), ...form.parameters].join(' ');
}

/** What HELP shows on a terminal, a line each. */
export function helpLines(): readonly string[] {
  const width = Math.max(...COMMAND_FORMS.map((form) => usageOf(form).length));
  return [
    ...COMMAND_FORMS.map((form) => `${usageOf(form).padEnd(width)}  ${form.summary}`),
    '',
    'A write may begin with @key: the same key and command again get the first answer,',
    'and nothing happens twice. Amounts have at most two digits after the point.',
  ];
}
