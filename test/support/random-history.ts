/**
 * Histories that are right by their making: clients ask a sequential object at random, each
 * operation takes effect once at a moment between its invocation and its completion, and some
 * answers get lost.
 */
import type { Random } from '../../src/core/random.ts';
import type { Args, Recorded, Sequential, Told } from './slow-checker.ts';

export interface MakingOptions<State> {
  readonly random: Random;
  readonly object: Sequential<State>;
  readonly draw: () => { readonly op: string; readonly args: Args };
  readonly operations: number;
  readonly clients: number;
  /** Of an answer to be lost, whether or not it took effect. */
  readonly lost?: number;
  /** Of an operation to be refused, without an effect. */
  readonly refused?: number;
  /** Of an answer to say only that it happened. */
  readonly silent?: number;
}

interface Pending {
  readonly op: string;
  readonly args: Args;
  readonly invoked: number;
  answer: Told | undefined;
}

export function makeHistory<State>(options: MakingOptions<State>): Recorded[] {
  const { random, object, draw, operations, clients } = options;
  const { lost = 0, refused = 0, silent = 0 } = options;
  const recorded: Recorded[] = [];
  const open: Pending[] = [];
  let state = object.initial;
  let clock = 0;
  let started = 0;
  const run = (one: Pending): void => {
    const { state: after, answer } = object.run(state, one.op, one.args);
    state = after;
    one.answer = answer;
  };
  const complete = (one: Pending): void => {
    open.splice(open.indexOf(one), 1);
    const { op, args, invoked, answer } = one;
    const base = { op, args, invoked, completed: clock };
    if (answer === undefined && random.chance(refused)) {
      recorded.push({ ...base, type: 'fail', result: { code: 'UNAVAILABLE' } });
    } else if (random.chance(lost)) {
      // Where it did not take effect yet, it still may.
      if (answer === undefined && random.chance(0.3)) run(one);
      recorded.push({ ...base, type: 'info', result: null });
    } else {
      if (answer === undefined) run(one);
      const { type, result } = one.answer ?? { type: 'fail', result: null };
      // A read of a register that says null has seen nil.
      const isSilent = random.chance(silent) && type === 'ok' && op !== 'read';
      recorded.push({ ...base, type, result: isSilent ? null : result });
    }
  };
  while (started < operations || open.length > 0) {
    clock += 1;
    const one = open.length > 0 ? random.pick(open) : undefined;
    const mayStart = started < operations && open.length < clients;
    if (one === undefined || (mayStart && random.chance(0.4))) {
      started += 1;
      open.push({ ...draw(), invoked: clock, answer: undefined });
    } else if (one.answer === undefined && random.chance(0.5)) run(one);
    else if (random.chance(0.6)) complete(one);
  }
  return recorded.sort((first, second) => first.invoked - second.invoked);
}

/** Operations of few accounts and small amounts, so that they meet. */
export function drawBank(random: Random, accounts: number, amounts: number) {
  return (): { op: string; args: Args } => {
    const account = 100 + random.int(accounts);
    const amount = random.int(amounts);
    const other = 100 + random.int(accounts);
    switch (random.int(8)) {
      case 0:
        return { op: 'create', args: [amount] };
      case 1:
        return { op: 'update', args: [account, amount] };
      case 2:
        return { op: 'deposit', args: [account, amount] };
      case 3:
        return { op: 'withdraw', args: [account, amount] };
      case 4:
      case 5:
        return { op: 'query', args: [account] };
      default:
        if (other === account) return { op: 'query', args: [account] };
        return { op: 'transfer', args: [account, other, amount] };
    }
  };
}

export function drawRegister(random: Random, values: number) {
  return (): { op: string; args: Args } => {
    const [one, other] = [String(random.int(values)), String(random.int(values))];
    switch (random.int(4)) {
      case 0:
        return { op: 'write', args: [one] };
      case 1:
        return { op: 'cas', args: [one, other] };
      default:
        return { op: 'read', args: [] };
    }
  };
}

/** The history with one answer changed, perhaps to one that is right, too. */
export function mutate(random: Random, history: readonly Recorded[]): Recorded[] {
  const at = random.int(history.length);
  return history.map((each, index) => (index === at ? mutateOne(random, each) : each));
}

function mutateOne(random: Random, one: Recorded): Recorded {
  const { result, op } = one;
  if (typeof result === 'string') return { ...one, result: String(random.int(3)) };
  if (one.type === 'info') {
    return random.chance(0.5) ? { ...one, type: 'fail', result: { code: 'UNAVAILABLE' } } : one;
  }
  if (one.type === 'fail' || result === null) {
    const isEffect = op !== 'query' && op !== 'read' && op !== 'create';
    if (isEffect && one.type === 'fail') return { ...one, type: 'ok', result: null };
    return isEffect ? { ...one, type: 'fail', result: { code: 'UNAVAILABLE' } } : one;
  }
  const fields = { ...(result as Record<string, unknown>) };
  const field = random.pick(Object.keys(fields).filter((name) => typeof fields[name] === 'string'));
  const value = Math.max(0, Number.parseInt(String(fields[field])) + random.pick([-1, 1, 2]));
  fields[field] = `${value}.00`;
  return { ...one, result: fields };
}
