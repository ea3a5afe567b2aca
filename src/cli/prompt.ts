/**
 * The prompt: a session with a person. History, completion, colour; Ctrl-C clears the line and a
 * second one ends, as does Ctrl-D. Lines are carried out one after the other.
 */
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { constants } from 'node:os';
import type { ChalkInstance } from 'chalk';
import { fetchStatus } from '../host/fetch-status.ts';
import { countUp } from '../host/status-report.ts';
import type { BankClient } from './bank-client.ts';
import { CONDITIONS } from './command-parts.ts';
import { COMMAND_WORDS, findForm } from './command-words.ts';
import { EXIT, exitStatusOfSignal } from './exit-status.ts';
import { GroupReader, type Asked } from './group-reader.ts';
import type { History } from './history.ts';
import { carryOut, endSession } from './interpreter.ts';
import type { Render } from './render.ts';
import type { Watch } from './replay-progress.ts';

export interface PromptOptions {
  readonly address: string;
  readonly render: Render;
  /** As that of a pipe. */
  readonly details?: boolean;
  readonly paint: ChalkInstance;
  readonly history: History;
  /** Aborted when the bank stops, or a signal ends the client. */
  readonly interrupted: AbortSignal;
  /** Says something that is no answer. */
  readonly note: (sentence: string) => void;
  /** Shows how far what takes long has come. */
  readonly watch?: Watch;
}

/** The backends are counted for the prompt only if that takes no longer. */
const COUNT_PATIENCE_MS = 100;

/** Resolves to the exit status; a person saw the answers, so refusals do not count. */
export async function runPrompt(
  input: Readable,
  output: Writable,
  client: BankClient,
  options: PromptOptions,
): Promise<number> {
  const status = await new Prompt(input, output, client, options).run();
  if (status === EXIT.done && !options.interrupted.aborted) await endSession(client);
  return status;
}

/** What can complete the word under the cursor: a command, or what may follow its parameters. */
export function complete(line: string): [string[], string] {
  const typed = /^\s*(?:@\S+\s+)?(\S*)$/.exec(line)?.[1];
  if (typed === undefined) return completeTail(line);
  if (typed === '') return [[...COMMAND_WORDS], ''];
  return [hitsOf(typed, COMMAND_WORDS), typed];
}

function completeTail(line: string): [string[], string] {
  const [, command = '', before = '', typed = ''] =
    /^\s*(?:@\S+\s+)?(\S+)(?:\s+(\S+))*?\s+(\S*)$/.exec(line) ?? [];
  const form = findForm(command);
  if (form === undefined || typed === '') return [[], ''];
  const options = form.options.map(({ word }) => word);
  const conditions = CONDITIONS.map(({ word }) => word);
  const clauses = [...(form.takesCondition ? ['IF'] : []), ...(form.takesMoment ? ['AT'] : [])];
  const tail = [...options, ...clauses];
  const hits = hitsOf(typed, before.toUpperCase() === 'IF' ? conditions : tail);
  return hits.length === 0 ? [[], ''] : [hits, typed];
}

function hitsOf(typed: string, words: readonly string[]): string[] {
  const hits = words.filter((word) => word.toUpperCase().startsWith(typed.toUpperCase()));
  return hits.map((word) => `${word} `);
}

class Prompt {
  readonly #client: BankClient;
  readonly #output: Writable;
  readonly #options: PromptOptions;
  readonly #readline: Interface;
  readonly #ended = Promise.withResolvers<number>();
  readonly #lines: string[] = [];
  readonly #groups = new GroupReader();
  #isBusy = false;
  #isOver = false;
  #warned = false;

  constructor(input: Readable, output: Writable, client: BankClient, options: PromptOptions) {
    this.#client = client;
    this.#output = output;
    this.#options = options;
    const history = options.history.load();
    const settings = { input, output, terminal: true, history, completer: complete };
    this.#readline = createInterface({ ...settings, historySize: Math.max(history.length, 1_000) });
  }

  async run(): Promise<number> {
    const { interrupted } = this.#options;
    const onInterrupted = (): void => this.#end(EXIT.done);
    this.#readline.on('line', (line) => this.#onLine(line));
    this.#readline.on('SIGINT', () => this.#onControlC());
    this.#readline.on('close', () => this.#onClosed());
    interrupted.addEventListener('abort', onInterrupted);
    if (interrupted.aborted) onInterrupted();
    this.#print('HELP lists the commands, QUIT or Ctrl-D ends.');
    void this.#showPrompt();
    const status = await this.#ended.promise;
    interrupted.removeEventListener('abort', onInterrupted);
    this.#isOver = true;
    this.#readline.close();
    const { leftOpen } = this.#groups;
    if (leftOpen !== undefined) this.#options.note(leftOpen);
    return status;
  }

  #end(status: number): void {
    this.#ended.resolve(status);
  }

  /** Ctrl-D: what is said of an open group stands on a line of its own. */
  #onClosed(): void {
    if (!this.#isOver && this.#groups.leftOpen !== undefined) this.#print('');
    this.#end(EXIT.done);
  }

  #onLine(line: string): void {
    this.#warned = false;
    this.#options.history.add(line);
    this.#lines.push(line);
    if (!this.#isBusy) void this.#workOff();
  }

  async #workOff(): Promise<void> {
    this.#isBusy = true;
    for (let line = this.#lines.shift(); line !== undefined; line = this.#lines.shift()) {
      const asked = this.#groups.read(line);
      if (asked.type === 'quit') return this.#quit(asked);
      if (asked.type !== 'nothing') await this.#answer(asked);
    }
    this.#isBusy = false;
    await this.#showPrompt();
  }

  async #quit(asked: Asked): Promise<void> {
    this.#print(this.#options.render(await carryOut(this.#client, asked, this.#options)));
    this.#end(EXIT.done);
  }

  async #answer(asked: Asked): Promise<void> {
    this.#print(this.#options.render(await carryOut(this.#client, asked, this.#options)));
  }

  /** Closing settles the request: its answer tells the id to ask OUTCOME with. */
  async #giveUp(): Promise<void> {
    this.#print('^C');
    this.#isOver = true;
    this.#lines.length = 0;
    await this.#client.close();
    this.#end(exitStatusOfSignal(constants.signals.SIGINT));
  }

  /** In mid-request it ends the client, since whoever types it does not want to wait. */
  #onControlC(): void {
    if (this.#isBusy) return void this.#giveUp();
    const wasEmpty = this.#readline.line === '';
    if (wasEmpty && this.#warned) return this.#end(EXIT.done);
    this.#warned = wasEmpty;
    // To the end of the line, then delete all before it.
    this.#readline.write(null, { ctrl: true, name: 'e' });
    this.#readline.write(null, { ctrl: true, name: 'u' });
    this.#print(wasEmpty ? '^C (once more, or Ctrl-D, ends)' : '^C');
    this.#readline.prompt();
  }

  async #showPrompt(): Promise<void> {
    const { address, paint } = this.#options;
    const up = await this.#describeBackends();
    if (this.#isBusy || this.#isOver) return;
    this.#readline.setPrompt(`${paint.cyan(address)}${up}${this.#describeGroup()}> `);
    this.#readline.prompt(true);
  }

  /** ` 2/3`, or nothing where it takes too long. */
  async #describeBackends(): Promise<string> {
    const report = await fetchStatus(this.#client, COUNT_PATIENCE_MS);
    if (report === undefined) return '';
    const count = `${countUp(report)}/${report.status.length}`;
    const { paint } = this.#options;
    return ` ${countUp(report) === report.status.length ? count : paint.yellow(count)}`;
  }

  /** ` group of 2`, while one is open; in yellow where it can't be committed any more. */
  #describeGroup(): string {
    const { open } = this.#groups;
    if (open === undefined) return '';
    const text = `group of ${open.count}`;
    return ` ${open.isSpoiled ? this.#options.paint.yellow(`${text}, refused`) : text}`;
  }

  #print(text: string): void {
    this.#output.write(`${text}\n`);
  }
}
