/**
 * Does the faults of a plan at their times. They may overlap; one that can't be done (nobody is
 * left to be killed) is told, and the others go on.
 */
import type { FaultOrder } from './fault.ts';
import { sleep } from '../host/sleep.ts';
import { formatOrder, type Occurrence } from './plan.ts';
import type { FaultSpan, Timeline } from './timeline.ts';

export interface FaultStage {
  /** Aborted: what can be undone is undone at once. */
  readonly interrupted: AbortSignal;
  say(line: string): void;
}

/** Does one fault; resolves when it is over, rejects where it can't be done. */
export type Inject = (order: FaultOrder, stage: FaultStage) => Promise<void>;

/** The run's own watch tells of the status array. */
const STATUS_LINE = /^status\b/;

export class FaultRunner {
  readonly #inject: Inject;
  readonly #timeline: Timeline;
  readonly #stage: FaultStage;
  readonly #pending = new Set<Promise<void>>();
  /** The last that was said. */
  #trouble = '';

  constructor(inject: Inject, timeline: Timeline, stage: FaultStage) {
    this.#inject = inject;
    this.#timeline = timeline;
    this.#stage = stage;
  }

  /** Resolves when the time is over and so is every fault. */
  async run(all: readonly Occurrence[], forMs: number): Promise<void> {
    const { interrupted } = this.#stage;
    const startMs = this.#timeline.nowMs;
    const until = (atMs: number): Promise<void> =>
      sleep(startMs + atMs - this.#timeline.nowMs, interrupted);
    for (const { atMs, order } of all) {
      await until(atMs);
      if (interrupted.aborted) break;
      this.#begin(order);
    }
    await until(forMs);
    await this.over();
  }

  /** Resolves when nothing goes on any more. */
  async over(): Promise<void> {
    await Promise.all(this.#pending);
  }

  #begin(order: FaultOrder): void {
    const done: Promise<void> = this.#one(order).finally(() => this.#pending.delete(done));
    this.#pending.add(done);
  }

  /** Never rejects. */
  async #one(order: FaultOrder): Promise<void> {
    const span = this.#timeline.fault(order);
    try {
      await this.#inject(order, { ...this.#stage, say: (line) => this.#say(span, line) });
    } catch (error) {
      span.trouble = error instanceof Error ? error.message : String(error);
      this.#sayTrouble(`could not ${formatOrder(order)}: ${span.trouble}`);
    }
    span.endMs ??= this.#timeline.nowMs;
  }

  /** Once, however often it is tried in vain. */
  #sayTrouble(line: string): void {
    if (line === this.#trouble) return;
    this.#trouble = line;
    this.#stage.say(line);
  }

  #say(span: FaultSpan, line: string): void {
    if (STATUS_LINE.test(line)) return;
    span.words.push(line);
    this.#stage.say(line);
  }
}
