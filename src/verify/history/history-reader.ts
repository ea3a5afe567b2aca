/**
 * Pairs invocations with their completions, and puts them into the order of real time.
 *
 * Keeps true: what is read is a history that could have been recorded: each completion belongs to
 * an invocation before it, no process has two operations outstanding unless their requests tell
 * them apart, and time does not run backwards within a process. Real time is the order of the
 * lines; where every line has a `timeNs`, it is the order of these, equal ones in that of the
 * lines. Whatever else is read is a HistoryError that names its line.
 */
import { readBankAnswer } from './bank-answer.ts';
import {
  HistoryError, UNANSWERED,
  type Answer, type History, type HistoryEvent, type Model, type Operation, type OperationKind,
  type ProcessId,
} from './history.ts';
import { isBankKind, isRegisterKind, readArguments } from './operation-arguments.ts';
import { readRegisterAnswer } from './register-answer.ts';

/** Of a client's session, not of the bank: they say nothing of accounts. */
const IGNORED: readonly string[] = ['quit', 'status', 'help'];
/** Whoever injects the faults, in Jepsen's words. */
const NEMESIS = 'nemesis';

interface Thread {
  readonly open: Operation[];
  lastTimeNs: number;
  /** An operation that is not looked at is outstanding. */
  isAside: boolean;
}

export class HistoryReader {
  readonly #operations: Operation[] = [];
  readonly #threads = new Map<ProcessId, Thread>();
  readonly #times: number[] = [];
  #isTimed = true;
  #isSorted = true;
  #model: Model | undefined;
  #events = 0;

  get events(): number {
    return this.#events;
  }

  /** `line` is told where something is wrong. */
  add(event: HistoryEvent, line: number): void {
    if (event.process === NEMESIS) return;
    const thread = this.#threadOf(event.process);
    this.#noteTime(event, thread, line);
    if (event.type === 'invoke') this.#onInvoke(event, thread, line);
    else this.#onCompletion(event, thread, line);
  }

  /** `line` is the last one. */
  end(line: number): History {
    if (this.#model === undefined) throw new HistoryError(line, 'it holds no operation at all');
    const operations = this.#operations;
    if (this.#isTimed && !this.#isSorted) sortByTime(operations, this.#times);
    return {
      model: this.#model, operations, processes: this.#threads.size, events: this.#events,
    };
  }

  #threadOf(process: ProcessId): Thread {
    let thread = this.#threads.get(process);
    if (thread === undefined) {
      thread = { open: [], lastTimeNs: -Infinity, isAside: false };
      this.#threads.set(process, thread);
    }
    return thread;
  }

  #noteTime({ timeNs, process }: HistoryEvent, thread: Thread, line: number): void {
    if (timeNs === undefined) {
      this.#isTimed = false;
      return;
    }
    if (timeNs < thread.lastTimeNs) {
      throw new HistoryError(line, `time runs backwards in process ${process}`);
    }
    thread.lastTimeNs = timeNs;
  }

  #takePosition({ timeNs }: HistoryEvent): number {
    const position = this.#events;
    this.#events += 1;
    if (!this.#isTimed || timeNs === undefined) return position;
    const last = this.#times.at(-1);
    if (last !== undefined && timeNs < last) this.#isSorted = false;
    this.#times.push(timeNs);
    return position;
  }

  #onInvoke(event: HistoryEvent, thread: Thread, line: number): void {
    const { process, request, key, args = [] } = event;
    const op = event.op?.toLowerCase();
    if (op === undefined) throw new HistoryError(line, 'an invocation without an op');
    if (thread.isAside) throw invokedTwice(process, line);
    if (IGNORED.includes(op)) {
      thread.isAside = true;
      return;
    }
    const kind = this.#kindOf(op, line);
    for (const other of thread.open) {
      const isTold = request !== undefined && other.request !== undefined;
      if (!isTold || other.request === request) throw invokedTwice(process, line);
    }
    const asked = readArguments(kind, args);
    const operation: Operation = {
      index: this.#operations.length, process, kind, ...asked,
      key: key?.replace(/^@/, ''), request,
      invoked: this.#takePosition(event), invokedLine: line,
      completed: Infinity, completedLine: NaN, answer: UNANSWERED,
    };
    thread.open.push(operation);
    this.#operations.push(operation);
  }

  #onCompletion(event: HistoryEvent, thread: Thread, line: number): void {
    if (thread.isAside && (event.op === undefined || IGNORED.includes(event.op.toLowerCase()))) {
      thread.isAside = false;
      return;
    }
    const operation = takeOpen(event, thread, line);
    if (event.op !== undefined && event.op.toLowerCase() !== operation.kind) {
      const what = `${event.op} is completed, but ${operation.kind} was invoked`;
      throw new HistoryError(line, `${what} (line ${operation.invokedLine})`);
    }
    const answer = readAnswer(operation, event);
    if (typeof answer === 'string') throw new HistoryError(line, answer);
    operation.request ??= event.request;
    operation.answer = answer;
    operation.completedLine = line;
    const position = this.#takePosition(event);
    if (answer.kind !== 'unknown') operation.completed = position;
  }

  #kindOf(op: string, line: number): OperationKind {
    const model = isBankKind(op) ? 'bank' : isRegisterKind(op) ? 'register' : undefined;
    if (model === undefined) {
      throw new HistoryError(line, `unknown op ${JSON.stringify(op.slice(0, 40))}`);
    }
    this.#model ??= model;
    if (this.#model !== model) {
      throw new HistoryError(line, `${op} is of a ${model}, but before it was a ${this.#model}`);
    }
    return op as OperationKind;
  }
}

/** The history of these events, in the order of real time; their places take the lines' part. */
export function historyOf(events: Iterable<HistoryEvent>): History {
  const reader = new HistoryReader();
  let line = 0;
  for (const event of events) {
    line += 1;
    reader.add(event, line);
  }
  return reader.end(line);
}

function takeOpen(event: HistoryEvent, { open }: Thread, line: number): Operation {
  const { process, request } = event;
  const only = open.length === 1 ? open[0] : undefined;
  const fits = ({ request: asked }: Operation): boolean =>
    request === undefined || asked === undefined || asked === request;
  const found = only ?? open.find((one) => request !== undefined && one.request === request);
  if (found === undefined || !fits(found)) {
    const what = open.length === 0 ? 'a completion without an invocation' :
      'a completion of none of the outstanding operations';
    throw new HistoryError(line, `${what} in process ${process}`);
  }
  open.splice(open.indexOf(found), 1);
  return found;
}

function readAnswer(operation: Operation, event: HistoryEvent): Answer | string {
  const { kind } = operation;
  if (event.type === 'invoke') return 'an invocation';
  if (isBankKind(kind)) return readBankAnswer(kind, event.type, event.result);
  return readRegisterAnswer(operation, event.type, event.result);
}

function invokedTwice(process: ProcessId, line: number): HistoryError {
  return new HistoryError(line, `process ${process} invokes while its last is not completed`);
}

/** Positions become ranks by time; the operations are put in the order of their invocations. */
function sortByTime(operations: Operation[], times: readonly number[]): void {
  const order = Uint32Array.from(times.keys());
  const timeOf = Float64Array.from(times);
  order.sort((one, other) =>
    (timeOf[one] as number) - (timeOf[other] as number) || one - other);
  const rank = new Uint32Array(order.length);
  order.forEach((position, place) => (rank[position] = place));
  for (const operation of operations) {
    operation.invoked = rank[operation.invoked] as number;
    if (operation.completed < Infinity) operation.completed = rank[operation.completed] as number;
  }
  operations.sort((one, other) => one.invoked - other.invoked);
}
