/**
 * One client of the workload: asks, records, and where a key makes it safe asks again.
 *
 * An operation with a key whose outcome is unknown is sent again under its key: in the history that
 * is one operation that took long. One that was done is sometimes sent again as well: it must get
 * its first answer, and nothing happens twice.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Operation, Result } from '../core/operation.ts';
import { unknown, type AnsweredOutcome, type Outcome } from '../core/outcome.ts';
import type { Random } from '../core/random.ts';
import type { Client } from '../host/client.ts';
import { argsOf, resultOf, UNKNOWN_OUTCOME, type RefusalOf } from './operation-event.ts';
import type { Invocation, Recorder } from './recorder.ts';
import type { Tally } from './tally.ts';
import type { Timeline } from './timeline.ts';

export type BankConnection = Pick<Client, 'submit' | 'status' | 'close'>;

export interface WorkloadClientOptions {
  readonly connection: BankConnection;
  /** From 0. */
  readonly number: number;
  /** How many clients there are. */
  readonly clients: number;
  readonly recorder: Recorder;
  readonly timeline: Timeline;
  readonly refusalOf: RefusalOf;
  readonly run: string;
  readonly tally: Tally;
}

const KEYED_CHANCE = 0.1;
const REPEATED_CHANCE = 0.2;
/** So often an operation with a key is sent again. */
const KEYED_TRIES = 3;

export class WorkloadClient {
  readonly contradictions: string[] = [];
  repeats = 0;
  /** The code of what was refused last. */
  refusedBy: string | undefined;
  readonly #options: WorkloadClientOptions;
  #process: number;
  #keys = 0;

  constructor(options: WorkloadClientOptions) {
    this.#options = options;
    this.#process = options.number;
  }

  /** The result where it was done. Without a generator no key is drawn. */
  async ask(operation: Operation, random?: Random): Promise<Result | undefined> {
    const key = random === undefined ? undefined : this.#drawKey(operation, random);
    const keyed = key === undefined ? operation : { ...operation, key };
    await this.#options.recorder.ready();
    const event = { process: this.#process, op: operation.kind, args: argsOf(operation) };
    this.#options.recorder.invoke(event);
    const startedMs = performance.now();
    const outcome = await this.#submit(keyed);
    const done = this.#complete(event, operation, outcome, performance.now() - startedMs);
    if (done === undefined) return undefined;
    if (key !== undefined && random?.chance(REPEATED_CHANCE) === true) {
      await this.#repeat(keyed, done);
    }
    return done.result;
  }

  /** The answer where it was done. */
  #complete(
    event: Invocation,
    operation: Operation,
    outcome: Outcome,
    tookMs: number,
  ): AnsweredOutcome | undefined {
    const { recorder, timeline, tally, refusalOf } = this.#options;
    const refusal = refusalOf(outcome);
    const { request } = outcome;
    this.refusedBy = refusal?.word;
    if (outcome.kind === 'answered' && refusal === undefined) {
      const result = resultOf(operation, outcome.result, outcome.seq);
      recorder.complete({ ...event, type: 'ok', result, request });
      timeline.completed('ok', tookMs);
      tally.onOk(operation, outcome.result);
      return outcome;
    }
    const isUnknown = outcome.kind === 'unknown' || refusal?.word === UNKNOWN_OUTCOME;
    const type = isUnknown ? 'info' : 'fail';
    const result = { code: refusal?.word, message: refusal?.sentence };
    recorder.complete({ ...event, type, result, request });
    timeline.completed(type, tookMs);
    if (isUnknown) this.#onUnknown(operation);
    return undefined;
  }

  async close(): Promise<void> {
    await this.#options.connection.close();
  }

  #drawKey({ kind }: Operation, random: Random): string | undefined {
    if (kind === 'query' || !random.chance(KEYED_CHANCE)) return undefined;
    const { run, number } = this.#options;
    return `chaos-${run}-${number}-${(this.#keys += 1)}`;
  }

  async #submit(operation: Operation): Promise<Outcome> {
    let outcome = await this.#submitOnce(operation);
    for (let tries = 1; operation.key !== undefined && tries < KEYED_TRIES; tries += 1) {
      if (outcome.kind !== 'unknown') break;
      outcome = await this.#again(operation, outcome);
    }
    return outcome;
  }

  /** What is refused the second time may have happened the first time. */
  async #again(operation: Operation, first: Outcome): Promise<Outcome> {
    const outcome = await this.#submitOnce(operation);
    return outcome.kind === 'refused' ? first : outcome;
  }

  /** Whatever a client throws, the operation may have happened. */
  async #submitOnce(operation: Operation): Promise<Outcome> {
    try {
      return await this.#options.connection.submit(operation);
    } catch (error) {
      return unknown(error instanceof Error ? error.message : String(error), '');
    }
  }

  async #repeat(operation: Operation, first: AnsweredOutcome): Promise<void> {
    const again = await this.#submitOnce(operation);
    if (again.kind !== 'answered') return;
    this.repeats += 1;
    const isSame = again.seq === first.seq && isDeepStrictEqual(again.result, first.result);
    if (isSame) return;
    const [was, is] = [first, again].map(({ result, seq }) =>
      `${result.code} ${JSON.stringify(resultOf(operation, result, seq))}`);
    const asked = [operation.kind, ...argsOf(operation)].join(' ');
    this.contradictions.push(`@${operation.key} ${asked} got ${was}, and again ${is}`);
  }

  #onUnknown(operation: Operation): void {
    this.#options.tally.onUnknown(operation);
    this.#process += this.#options.clients;
  }
}
