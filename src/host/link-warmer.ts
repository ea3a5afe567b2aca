/**
 * Reads links of large entries into the page cache, which the journal is written past: who makes a
 * statement follows them one after the other, and waits for the disk where one is not there. All
 * links of an entry take little longer than one. It reads those of what was written since the start
 * as soon as the load pauses, and of what else statements have led to.
 *
 * Keeps true: it reads while nothing is written, and one entry's at a time, so that nobody waits
 * for long; nothing depends on it, and what can't be read is left to those who need it.
 */
import type { Seq } from '../core/ids.ts';

/** So many may wait: beyond, the oldest are left out. */
const WAITING_MAX = 4_096;

export interface LinkWarmerOptions {
  /** The last entry at the start. */
  readonly tail: Seq;
  /** Nothing is written. */
  readonly isIdle: () => boolean;
  /** Reads the links of the entry, where it is large. */
  readonly read: (seq: Seq) => Promise<void>;
}

export class LinkWarmer {
  readonly #options: LinkWarmerOptions;
  /** The next one is the last. */
  readonly #waiting: Seq[] = [];
  #writtenSeq: number;
  #running: Promise<void> | undefined;
  #isStopped = false;

  constructor(options: LinkWarmerOptions) {
    this.#options = options;
    this.#writtenSeq = options.tail;
  }

  /** Before all that waits. */
  want(seq: Seq): void {
    this.#waiting.push(seq);
    if (this.#waiting.length > WAITING_MAX) this.#waiting.shift();
  }

  /** What was written since the last time, up to here; the newest first. */
  wantUpTo(seq: Seq): void {
    const before = Math.max(this.#writtenSeq, seq - WAITING_MAX);
    for (let at = before + 1; at <= seq; at += 1) this.want(at as Seq);
    this.#writtenSeq = seq;
  }

  run(): void {
    this.#running ??= this.#readAll().finally(() => {
      this.#running = undefined;
    });
  }

  /** Resolves when nothing is read any more, nor will be. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
  }

  async #readAll(): Promise<void> {
    while (!this.#isStopped && this.#options.isIdle()) {
      const seq = this.#waiting.pop();
      if (seq === undefined) return;
      await this.#options.read(seq).catch(() => undefined);
    }
  }
}
