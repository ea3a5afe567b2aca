/**
 * Operations one a request, as interactive clients ask for them: each client asks when it was
 * answered (a closed loop), or at a given rate, whatever is answered (an open loop: a client that
 * waits for a slow bank would ask it less, and hide how slow it is; "coordinated omission").
 *
 * They are submitted without asking for details, which would be an operation more for each.
 */
import { DEFAULT_SCALE } from '../core/operation.ts';
import { sleep } from '../host/sleep.ts';
import type { AnsweredOutcome } from '../core/outcome.ts';
import type { Operation, Outcome } from '../host/client.ts';
import type { BenchClient } from './bench-client.ts';
import { REFUSED_PAUSE_MS, wrongAnswer, type Load, type LoadParts } from './load.ts';
import type { Meter } from './meter.ts';
import { OPENING_UNITS } from './own-accounts.ts';
import { TRANSFER_UNITS } from './transfer-chunk.ts';
import type { SingleKind } from './workloads.ts';

/** An UPDATE sets a balance to what accounts are opened with, or less than so much above it. */
const UPDATES_APART = 100_000;
/** So many may be open at once in an open loop; what arrives beside them is dropped, and told. */
const OPEN_MAX = 100_000;
/** What is taken off a product of times, lest its last bit makes it an arrival more. */
const ROUNDING = 1e-6;
/**
 * How often an open loop looks what has arrived. Looking all the time would take a processor from
 * the bank; so its latencies have up to so much of the client's own.
 */
const ARRIVALS_EVERY_MS = 1;

/** What is asked for, and what the books say of the answer. */
interface Question {
  from: number;
  to: number;
  units: number;
}

export class SingleLoad implements Load {
  readonly #parts: LoadParts;
  readonly #kind: SingleKind;
  /** Arrivals a second; undefined: a closed loop. */
  readonly #rate: number | undefined;
  #updates = 0;
  /** Of an open loop: asked and not settled. */
  #open = 0;
  #onSettled: (() => void) | undefined;
  #fault: unknown;

  constructor(parts: LoadParts, kind: SingleKind, rate: number | undefined) {
    this.#parts = parts;
    this.#kind = kind;
    this.#rate = rate;
  }

  async run(meter: Meter, untilMs: number, stop: AbortSignal): Promise<void> {
    const { clients } = this.#parts;
    if (this.#rate !== undefined) return this.#arrivals(meter, untilMs, this.#rate, stop);
    const lanes = clients.map((client) => this.#lane(client, meter, untilMs, stop));
    await Promise.all(lanes);
  }

  /** They were told of each answer. */
  keepBooks(): void {}

  async #lane(
    client: BenchClient, meter: Meter, untilMs: number, stop: AbortSignal,
  ): Promise<void> {
    const question: Question = { from: 0, to: 0, units: 0 };
    let nowMs = performance.now();
    while (nowMs < untilMs && !stop.aborted) {
      this.#draw(question);
      const outcome = await client.submit(this.#operation(question));
      const startMs = nowMs;
      nowMs = performance.now();
      if (this.#settle(question, outcome, meter, startMs, nowMs)) continue;
      await sleep(REFUSED_PAUSE_MS, stop);
      nowMs = performance.now();
    }
  }

  async #arrivals(
    meter: Meter, untilMs: number, rate: number, stop: AbortSignal,
  ): Promise<void> {
    const { startMs } = meter;
    const arrivals = Math.ceil(((untilMs - startMs) * rate) / 1000 - ROUNDING);
    while (meter.offered < arrivals && !stop.aborted && this.#fault === undefined) {
      const dueMs = performance.now() - startMs;
      const due = Math.min(arrivals, Math.floor((dueMs * rate) / 1000) + 1);
      while (meter.offered < due) {
        this.#arrive(meter, startMs + (meter.offered * 1000) / rate);
        meter.offered += 1;
      }
      await sleep(ARRIVALS_EVERY_MS);
    }
    if (this.#open > 0) await new Promise<void>((resolve) => (this.#onSettled = resolve));
    if (this.#fault !== undefined) throw this.#fault;
  }

  /** The latency counts from when it was to be asked, also where the client is late itself. */
  #arrive(meter: Meter, atMs: number): void {
    if (this.#open >= OPEN_MAX) {
      meter.dropped += 1;
      return;
    }
    const { clients } = this.#parts;
    const client = clients[meter.offered % clients.length] as BenchClient;
    const question: Question = { from: 0, to: 0, units: 0 };
    this.#draw(question);
    this.#open += 1;
    client.submit(this.#operation(question)).then((outcome) => {
      this.#settle(question, outcome, meter, atMs, performance.now());
    }).catch((error: unknown) => {
      this.#fault ??= error;
    }).finally(() => {
      this.#open -= 1;
      if (this.#open === 0) this.#onSettled?.();
    });
  }

  #draw(question: Question): void {
    const { draw } = this.#parts;
    question.from = draw.next();
    if (this.#kind === 'transfer') question.to = draw.nextBut(question.from);
    if (this.#kind !== 'update') return;
    this.#updates = (this.#updates + 1) % UPDATES_APART;
    question.units = OPENING_UNITS + this.#updates;
  }

  #operation({ from, to, units }: Question): Operation {
    const { numbers } = this.#parts.accounts;
    const account = numbers[from] as number;
    switch (this.#kind) {
      case 'query':
        return { kind: 'query', account };
      case 'update':
        return { kind: 'update', account, amount: units, scale: DEFAULT_SCALE };
      case 'transfer': {
        const toAccount = numbers[to] as number;
        const [amount, scale] = [TRANSFER_UNITS, DEFAULT_SCALE];
        return { kind: 'transfer', account, toAccount, amount, scale };
      }
    }
  }

  /** Whether it was done. Throws BenchError where the answer is wrong. */
  #settle(
    question: Question, outcome: Outcome, meter: Meter, fromMs: number, nowMs: number,
  ): boolean {
    if (outcome.kind === 'answered') {
      this.#check(question, outcome);
      this.#apply(question, outcome.seq);
      meter.onDone(1, fromMs, nowMs);
      return true;
    }
    meter.onNotDone(1, outcome);
    if (outcome.kind === 'unknown') {
      const asked = { ...question };
      this.#parts.unsettled.add(outcome.request, (seq) => this.#apply(asked, seq));
    }
    return false;
  }

  #check(question: Question, { result }: AnsweredOutcome): void {
    const { accounts } = this.#parts;
    const account = accounts.numbers[question.from];
    const isDone = result.code === 'ok' && result.account === account;
    const expected = this.#expectedBalance(question);
    if (isDone && (expected === undefined || result.balance === expected)) return;
    const words = Object.values(this.#operation(question)).slice(0, 3).join(' ');
    throw wrongAnswer(`${words} was answered ${result.code} of account ${result.account},` +
      ` balance ${result.balance}`);
  }

  /** Undefined where the order of what others asked for decides. */
  #expectedBalance({ from, units }: Question): number | undefined {
    switch (this.#kind) {
      case 'query': return this.#parts.accounts.unitsOf(from);
      case 'update': return units;
      case 'transfer': return undefined;
    }
  }

  #apply({ from, to, units }: Question, seq: number): void {
    const { accounts } = this.#parts;
    switch (this.#kind) {
      case 'query': return;
      case 'update': return accounts.onSet(from, units, seq);
      case 'transfer': return accounts.onMoved(from, to, TRANSFER_UNITS);
    }
  }
}
