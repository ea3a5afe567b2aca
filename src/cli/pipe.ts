/**
 * A session over a pipe: a command a line in, an answer a line out (interface.md, "Piped input").
 *
 * What it keeps true:
 * - Answers come in the order of the lines, each as soon as it and those before it are known.
 * - Commands are submitted in the order of the lines, many before the first answer; STATUS and QUIT
 *   wait until everything before them is answered. With `bail` each line waits for the answer
 *   before it, since what follows a refusal must not happen.
 * - Memory is bounded: with so many answers outstanding, or a reader that does not read, no line is
 *   read.
 * - Who interrupts it still learns of each request that may have happened, and its id.
 */
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { Answer } from './answer.ts';
import type { BankClient } from './bank-client.ts';
import { LINE_LENGTH_MAX } from './command-language.ts';
import { EXIT, exitStatusOfSignal, worseOf } from './exit-status.ts';
import { GroupReader, type Asked } from './group-reader.ts';
import { carryOut, endSession } from './interpreter.ts';
import { readLines, type ByteSource } from './lines.ts';
import type { Render } from './render.ts';
import type { Watch } from './replay-progress.ts';

/** So many lines are read ahead of the answers. */
export const PIPELINE_MAX = 4096;
/** Answers that are already known are written together, up to about so much. */
const WRITE_LENGTH_MAX = 65_536;

export interface PipeOptions {
  readonly render: Render;
  /** What is rendered shows more of a write than its result: it is asked for. */
  readonly details?: boolean;
  /** Stop after the first answer that is not OK. */
  readonly bail: boolean;
  /** Aborted with the signal's number as its reason, or for another reason. */
  readonly interrupted?: AbortSignal;
  /** Says something that is no answer. */
  readonly note?: (sentence: string) => void;
  /** Shows how far what takes long has come. */
  readonly watch?: Watch;
}

/** Input that can be given up while it is waited for. */
export type PipeInput = ByteSource & { destroy?(): unknown };

/** Resolves to the exit status: the worst of the answers, or 128 + n. Ends the client's session. */
export function runPipe(
  input: PipeInput,
  output: Writable,
  client: BankClient,
  options: PipeOptions,
): Promise<number> {
  const lines = readLines(input, LINE_LENGTH_MAX);
  return new PipeSession(lines, () => input.destroy?.(), output, client, options).run();
}

/** The same for lines that are there already, such as the one given as arguments. */
export function runLines(
  lines: Iterable<string>,
  output: Writable,
  client: BankClient,
  options: PipeOptions,
): Promise<number> {
  return new PipeSession(lines, () => {}, output, client, options).run();
}

/** One line's place in the order of the answers. */
class Slot {
  readonly asked: Asked;
  readonly #settled = Promise.withResolvers<void>();
  answer: Answer | undefined;
  /** Resolves when the answer is there; undefined where it was not begun. */
  carriedOut: Promise<void> | undefined;

  constructor(asked: Asked) {
    this.asked = asked;
  }

  /** Begins to carry it out; a failure to do so is a bug and comes out of `wait`. */
  start(client: BankClient, options: PipeOptions): void {
    this.carriedOut = carryOut(client, this.asked, options).then((answer) => {
      this.answer = answer;
      this.#settled.resolve();
    }, this.#settled.reject);
  }

  /** It is no longer waited for. */
  abandon(): void {
    this.#settled.resolve();
  }

  wait(): Promise<void> {
    return this.#settled.promise;
  }
}

class PipeSession {
  readonly #lines: Iterable<string> | AsyncIterable<string>;
  readonly #giveUpInput: () => void;
  readonly #output: Writable;
  readonly #client: BankClient;
  readonly #options: PipeOptions;
  readonly #pipelineMax: number;
  readonly #groups = new GroupReader();
  /** In the order of the lines; the first is the next to be printed. */
  #slots: Slot[] = [];
  #worst: number = EXIT.done;
  #inputEnded = false;
  #stopped = false;
  /** QUIT was answered: the session is over already. */
  #sessionEnded = false;
  /** The printer waits for a slot, or the reader for room. */
  #wakePrinter: (() => void) | undefined;
  #wakeReader: (() => void) | undefined;
  readonly #stopping = new AbortController();

  constructor(
    lines: Iterable<string> | AsyncIterable<string>,
    giveUpInput: () => void,
    output: Writable,
    client: BankClient,
    options: PipeOptions,
  ) {
    this.#lines = lines;
    this.#giveUpInput = giveUpInput;
    this.#output = output;
    this.#client = client;
    this.#options = options;
    this.#pipelineMax = options.bail ? 1 : PIPELINE_MAX;
  }

  async run(): Promise<number> {
    const onStop = (): void => this.#stop();
    this.#output.on('error', onStop);
    const { interrupted } = this.#options;
    interrupted?.addEventListener('abort', onStop);
    if (interrupted?.aborted === true) this.#stop();
    try {
      await Promise.all([this.#read(), this.#print()]);
      this.#noteLeftOpen();
      if (interrupted?.aborted === true) {
        const status = this.#interruptedStatus(interrupted.reason);
        await this.#giveUpOpen();
        return status;
      }
      if (!this.#sessionEnded) await endSession(this.#client);
      return this.#worst;
    } finally {
      interrupted?.removeEventListener('abort', onStop);
      this.#output.off('error', onStop);
      this.#output.on('error', () => {});
    }
  }

  /** What was queued did not happen, whatever its lines were answered. */
  #noteLeftOpen(): void {
    const { leftOpen } = this.#groups;
    if (leftOpen === undefined) return;
    this.#options.note?.(leftOpen);
    this.#worst = worseOf(this.#worst, EXIT.refused);
  }

  async #read(): Promise<void> {
    try {
      for await (const line of this.#lines) {
        const asked = this.#groups.read(line);
        if (asked.type === 'nothing') continue;
        if (this.#stopped) break;
        this.#add(asked);
        if (asked.type === 'quit') break;
        if (this.#slots.length >= this.#pipelineMax) await this.#room();
        if (this.#stopped) break;
      }
    } catch (error) {
      // Giving the input up makes the read that was waited for fail.
      if (!this.#stopped) throw error;
    } finally {
      this.#inputEnded = true;
      this.#wakePrinter?.();
    }
  }

  #add(asked: Asked): void {
    const slot = new Slot(asked);
    if (!waitsItsTurn(asked)) slot.start(this.#client, this.#options);
    this.#slots.push(slot);
    this.#wakePrinter?.();
  }

  async #room(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wakeReader = resolve;
    await promise;
  }

  /** Answers that are known are printed even when the rest is given up. */
  async #print(): Promise<void> {
    let text = '';
    try {
      for (;;) {
        const known = this.#slots[0]?.answer !== undefined;
        if (!known || text.length >= WRITE_LENGTH_MAX) {
          await this.#write(text);
          text = '';
        }
        const slot = this.#slots[0];
        if (slot === undefined) {
          if (this.#inputEnded || this.#stopped) break;
          await this.#slotAdded();
          continue;
        }
        const answer = await this.#answerOf(slot);
        if (answer === undefined) break;
        text += `${this.#options.render(answer)}\n`;
        this.#take(slot, answer);
      }
    } finally {
      this.#stop();
    }
  }

  async #answerOf(slot: Slot): Promise<Answer | undefined> {
    if (slot.answer !== undefined || this.#stopped) return slot.answer;
    if (waitsItsTurn(slot.asked)) slot.start(this.#client, this.#options);
    await slot.wait();
    return slot.answer;
  }

  #take(slot: Slot, answer: Answer): void {
    this.#slots.shift();
    this.#worst = worseOf(this.#worst, answer.status);
    if (slot.asked.type === 'quit') this.#sessionEnded = true;
    if (this.#options.bail && answer.status !== EXIT.done) this.#stop();
    if (this.#slots.length < this.#pipelineMax) this.#wakeReader?.();
  }

  async #slotAdded(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wakePrinter = resolve;
    await promise;
  }

  /** Waits while the reader of the answers does not read. */
  async #write(text: string): Promise<void> {
    if (text === '' || this.#output.destroyed || this.#output.write(text)) return;
    try {
      await once(this.#output, 'drain', { signal: this.#stopping.signal });
    } catch {
      // The output is gone, or the session was stopped: nobody waits for the rest.
    }
  }

  /** Gives everything up that is still waited for. */
  #stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#stopping.abort();
    for (const slot of this.#slots) slot.abandon();
    this.#wakeReader?.();
    this.#wakePrinter?.();
    this.#giveUpInput();
  }

  /** Closing settles what was submitted: as unknown, with its id, where it may have happened. */
  async #giveUpOpen(): Promise<void> {
    await this.#client.close();
    await Promise.all(this.#slots.map(({ carriedOut }) => carriedOut));
    const last = this.#slots.findIndex(({ answer }) => answer === undefined);
    const known = this.#slots.slice(0, last < 0 ? undefined : last);
    const lines = known.map(({ answer }) => answer && `${this.#options.render(answer)}\n`);
    if (lines.length > 0 && !this.#output.destroyed) this.#output.write(lines.join(''));
  }

  /** Only a request that nobody knows the end of makes an interruption an error. */
  #interruptedStatus(reason: unknown): number {
    const isOpen = this.#slots.some(({ answer }) => answer === undefined);
    return isOpen && typeof reason === 'number' ? exitStatusOfSignal(reason) : this.#worst;
  }
}

/** What changes nothing itself, but must see everything before it done. */
function waitsItsTurn({ type }: Asked): boolean {
  return type === 'status' || type === 'quit';
}
