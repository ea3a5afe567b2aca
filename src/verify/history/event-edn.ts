/**
 * A line of Jepsen's as an event of a history of one register: of its log, as in
 * `INFO  jepsen.util - 3 :invoke :cas [3 1]`, or a map of EDN, as in
 * `{:process 0, :type :invoke, :f :read, :value nil}`.
 */
import type { HistoryEvent } from './history.ts';
import { NIL } from './register-answer.ts';

const LOG = /^\s*(?:[A-Z]+\s.*?jepsen\S*\s+-\s+)?(:?[\w-]+)\s+:(invoke|ok|fail|info)\s+(.*)$/;
const TOKEN = /\s*(?:;.*|,|("(?:\\.|[^"\\])*"|[\[\](){}]|[^\s,;"\[\](){}]+))/y;
const TOKENS_MAX = 1_000;
const NESTED_MAX = 8;

type Value = string | readonly Value[] | ReadonlyMap<string, Value>;

/** Whether a history of this first line is of this form. */
export function isEdnLine(text: string): boolean {
  return /^\s*[\[(]?\s*(?:#[\w.]+)?\{\s*:|^\s*[\[(]\s*$/.test(text) || LOG.test(text);
}

/** A sentence where it is none; undefined where it holds nothing (`[`, `]`). */
export function parseEdnEvent(text: string): HistoryEvent | string | undefined {
  const bare = text.trim();
  if (bare === '[' || bare === ']' || bare === '(' || bare === ')') return undefined;
  const log = LOG.exec(bare);
  if (log !== null) return parseLog(log[1] ?? '', log[2] ?? '', log[3] ?? '');
  return parseMap(bare.replace(/^[\[(]\s*(?=[#{])/, '').replace(/(?<=\})\s*[\])]$/, ''));
}

function parseLog(process: string, type: string, rest: string): HistoryEvent | string {
  const values = readAll(rest);
  if (values === undefined) return 'it is no line of a log of Jepsen';
  // `:info :timed-out` names no operation: what timed out is what is outstanding.
  const [first] = values;
  const op = typeof first === 'string' && /^:(read|write|cas)$/.test(first) ? first : undefined;
  const named = op === undefined ? values : values.slice(1);
  return eventOf(process, type, op, named[0]);
}

function parseMap(text: string): HistoryEvent | string {
  const values = readAll(text);
  const map = values?.length === 1 ? values[0] : undefined;
  if (!(map instanceof Map)) return 'it is neither a map of EDN nor a line of a log of Jepsen';
  const [process, type, op] = [map.get(':process'), map.get(':type'), map.get(':f')];
  if (typeof process !== 'string' || typeof type !== 'string') return 'it has no process or type';
  const bareType = type.replace(/^:/, '');
  if (!/^(invoke|ok|fail|info)$/.test(bareType)) return 'its type is none of Jepsen';
  const time = map.get(':time');
  const timeNs = typeof time === 'string' && /^[0-9]+$/.test(time) ? Number(time) : undefined;
  const event = eventOf(process, bareType, typeof op === 'string' ? op : undefined,
    map.get(':value'));
  return typeof event === 'string' || timeNs === undefined ? event : { ...event, timeNs };
}

function eventOf(
  process: string,
  type: string,
  op: string | undefined,
  value: Value | undefined,
): HistoryEvent | string {
  const who = /^[0-9]+$/.test(process) ? Number(process) : process.replace(/^:/, '');
  const event = {
    process: who,
    type: type as HistoryEvent['type'],
    ...(op === undefined ? {} : { op: op.replace(/^:/, '') }),
  };
  if (type !== 'invoke') {
    return { ...event, result: typeof value === 'string' ? value : undefined };
  }
  const args = value === undefined ? [] : typeof value === 'string' ? [value] : value;
  if (who === 'nemesis') return event;
  if (!isTexts(args)) return 'its value is none of a register';
  const count = { ':write': 1, ':cas': 2 }[op ?? ''];
  if (count !== undefined && args.length !== count) return `${op} does not take such a value`;
  return { ...event, args };
}

function isTexts(value: Value): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

/** Every value of the text; undefined where it is not EDN, or more of it than a line holds. */
function readAll(text: string): Value[] | undefined {
  const tokens = tokensOf(text);
  if (tokens === undefined) return undefined;
  const stack: { readonly close: string; readonly values: Value[] }[] = [];
  let values: Value[] = [];
  for (const token of tokens) {
    const close = { '[': ']', '(': ')', '{': '}' }[token];
    if (close !== undefined) {
      stack.push({ close, values });
      if (stack.length > NESTED_MAX) return undefined;
      values = [];
    } else if (/^[\])}]$/.test(token)) {
      const open = stack.pop();
      if (open === undefined || open.close !== token) return undefined;
      open.values.push(token === '}' ? mapOf(values) : values);
      values = open.values;
    } else values.push(token.startsWith('"') ? token.slice(1, -1) : token);
  }
  return stack.length === 0 ? values : undefined;
}

function mapOf(values: readonly Value[]): ReadonlyMap<string, Value> {
  const map = new Map<string, Value>();
  for (let at = 0; at + 1 < values.length; at += 2) {
    map.set(String(values[at]), values[at + 1] ?? NIL);
  }
  return map;
}

function tokensOf(text: string): string[] | undefined {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  const end = text.trimEnd().length;
  while (TOKEN.lastIndex < end) {
    const match = TOKEN.exec(text);
    if (match === null || tokens.length >= TOKENS_MAX) return undefined;
    // Tags, as of sets and records, are passed over.
    if (match[1] !== undefined && !match[1].startsWith('#')) tokens.push(match[1]);
  }
  return tokens;
}
