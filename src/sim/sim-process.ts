/**
 * A made-up process on a made-up machine: its time, its chance, its files. It may be paused, be
 * held up by a disk, and end at any moment; nothing runs in it before it goes on, or after its end.
 */
import type { Random } from '../core/random.ts';
import type { FileSystem, FileWork } from '../host/file-system.ts';
import type { Cancel, DirectoryLock, Machine } from '../host/ports.ts';
import type { EventQueue } from './event-queue.ts';

export class SimProcess implements Machine {
  readonly io: FileSystem;
  /** It is asked to stop. */
  readonly stopping = new AbortController();
  readonly #queue: EventQueue;
  readonly #random: Random;
  #alive = true;
  #paused = false;
  #busyUntilMs = 0;
  /** Happens when it goes on, in this order. */
  #held: (() => void)[] = [];
  #releasing = false;

  constructor(queue: EventQueue, random: Random, open: (process: SimProcess) => FileSystem) {
    this.#queue = queue;
    this.#random = random;
    this.io = open(this);
  }

  get alive(): boolean {
    return this.#alive;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Runs in the process: now, or when it goes on. */
  live(run: () => void): void {
    if (!this.#alive) return;
    if (this.#isHeldUp || this.#held.length > 0) {
      this.#held.push(run);
      return;
    }
    run();
    this.#queue.stir();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#releaseSoon(0);
  }

  /** A system call takes so long, and the whole process with it. */
  isBusyFor(ms: number): void {
    this.#busyUntilMs = Math.max(this.#busyUntilMs, this.#queue.nowMs) + ms;
    this.#releaseSoon(this.#busyUntilMs - this.#queue.nowMs);
  }

  end(): void {
    this.#alive = false;
    this.#held = [];
  }

  /** Nobody measures how a made-up disk is used. */
  fileWork(): FileWork {
    return { syncs: 0, writtenBytes: 0 };
  }

  nowMs(): number {
    return Math.max(this.#queue.nowMs, this.#busyUntilMs);
  }

  after(ms: number, run: () => void): Cancel {
    let cancelled = false;
    this.#queue.after(ms, () => {
      if (cancelled || !this.#alive) return;
      this.live(() => {
        if (!cancelled) run();
      });
    });
    return () => {
      cancelled = true;
    };
  }

  yield(): Promise<void> {
    return new Promise((resolve) => this.after(0, resolve));
  }

  readonly randomBytes = (count: number): Uint8Array => {
    const bytes = new Uint8Array(count);
    for (let at = 0; at < count; at += 1) bytes[at] = this.#random.int(256);
    return bytes;
  };

  /** Another process on the same directory is out of reach here: a backend has one at a time. */
  readonly lock = async (): Promise<DirectoryLock> => ({ release: () => {} });

  get #isHeldUp(): boolean {
    return this.#paused || this.#queue.nowMs < this.#busyUntilMs;
  }

  #releaseSoon(ms: number): void {
    this.#queue.after(ms, () => this.#release());
  }

  /** One at a time: what the first one settles runs before the second. */
  #release(): void {
    if (this.#isHeldUp) return;
    const run = this.#held.shift();
    if (run === undefined) return;
    run();
    this.#queue.stir();
    if (this.#held.length > 0 && !this.#releasing) {
      this.#releasing = true;
      this.#queue.after(0, () => {
        this.#releasing = false;
        this.#release();
      });
    }
  }
}
