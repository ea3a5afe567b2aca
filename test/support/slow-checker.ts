/**
 * The slow twin of the history checker: every order of the operations is tried on a bank, or a
 * register, that knows only the rules, until one gives every answer that was told. For a handful of
 * operations.
 */
import type { HistoryEvent, ProcessId } from '../../src/verify/history/history.ts';

export type Args = readonly (number | string)[];

/** An invocation and what became of it, by their places among the events. */
export interface Recorded {
  readonly op: string;
  readonly args: Args;
  readonly invoked: number;
  readonly completed: number;
  readonly type: 'ok' | 'fail' | 'info';
  readonly result: unknown;
}

/** A sequential object: what it answers, or undefined where the operation has no effect at all. */
export interface Sequential<State> {
  readonly initial: State;
  readonly run: (state: State, op: string, args: Args) => { state: State; answer: Told };
}

/** As bankd records it: `ok` with fields, or `fail` with a code. */
export interface Told {
  readonly type: 'ok' | 'fail';
  readonly result: unknown;
}

export function hasOrder<State>(
  object: Sequential<State>, operations: readonly Recorded[],
): boolean {
  const search = (state: State, left: readonly Recorded[]): boolean => {
    if (left.every(({ type }) => type === 'info')) return true;
    const earliest = Math.min(...left.map(endOf));
    return left.some((one) => {
      if (one.invoked > earliest) return false;
      const rest = left.filter((other) => other !== one);
      const { state: after, answer } = object.run(state, one.op, one.args);
      if (one.type === 'info') return answer.type === 'ok' && search(after, rest);
      return fits(one, answer) && search(after, rest);
    });
  };
  return search(object.initial, operations.filter((each) => !saysNothing(each)));
}

function endOf({ type, completed }: Recorded): number {
  return type === 'info' ? Infinity : completed;
}

function saysNothing({ type, result }: Recorded): boolean {
  return type === 'fail' && (result === null || codeOf(result) === 'UNAVAILABLE');
}

function codeOf(result: unknown): unknown {
  const isObject = typeof result === 'object' && result !== null;
  return isObject && 'code' in result ? result.code : undefined;
}

function fits({ type, result }: Recorded, answer: Told): boolean {
  if (type !== answer.type) return false;
  if (type === 'ok' && result === null) return true;
  if (type === 'ok') return JSON.stringify(result) === JSON.stringify(answer.result);
  return codeOf(result) === codeOf(answer.result);
}

export interface Accounts {
  readonly balances: readonly number[];
}

/** Amounts are whole units, written so. The largest balance is 99. */
export const sequentialBank: Sequential<Accounts> = {
  initial: { balances: [] },
  run: ({ balances }, op, args) => {
    const [first = 0, second = 0, third = 0] = args.map(Number);
    const no = (code: string): { state: Accounts; answer: Told } =>
      ({ state: { balances }, answer: { type: 'fail', result: { code } } });
    const yes = (after: readonly number[], result: object): { state: Accounts; answer: Told } =>
      ({ state: { balances: after }, answer: { type: 'ok', result } });
    if (op === 'create') {
      return yes([...balances, first], { account: 100 + balances.length, balance: `${first}.00` });
    }
    const own = balances[first - 100];
    if (own === undefined) return no('ACCT_NOT_FOUND');
    const told = (after: number): { state: Accounts; answer: Told } =>
      yes(balances.with(first - 100, after), { account: first, balance: `${after}.00` });
    if (op === 'query') return told(own);
    if (op === 'update') return told(second);
    if (op === 'deposit') return told(own + second);
    if (op === 'withdraw') return second > own ? no('INSUFFICIENT_FUNDS') : told(own - second);
    const other = balances[second - 100];
    if (other === undefined) return no('ACCT_NOT_FOUND');
    if (third > own) return no('INSUFFICIENT_FUNDS');
    const after = balances.with(first - 100, own - third).with(second - 100, other + third);
    return yes(after, {
      account: first, balance: `${own - third}.00`,
      toAccount: second, toBalance: `${other + third}.00`,
    });
  },
};

export const sequentialRegister: Sequential<string> = {
  initial: 'nil',
  run: (state, op, args) => {
    const [first = '', second = ''] = args.map(String);
    if (op === 'read') return { state, answer: { type: 'ok', result: state } };
    if (op === 'write') return { state: first, answer: { type: 'ok', result: null } };
    if (state === first) return { state: second, answer: { type: 'ok', result: null } };
    return { state, answer: { type: 'fail', result: { code: 'CAS_FAILED' } } };
  },
};

/** Its events, in their order. */
export function eventsOf(operations: readonly Recorded[]): HistoryEvent[] {
  const events: [number, HistoryEvent][] = operations.flatMap((each, process: ProcessId) => {
    const { op, args, invoked, completed, type, result } = each;
    const invocation: [number, HistoryEvent] = [invoked, { process, type: 'invoke', op, args }];
    return [invocation, [completed, { process, type, op, result }] as [number, HistoryEvent]];
  });
  return events.sort(([one], [other]) => one - other).map(([, event]) => event);
}
