/**
 * A client's conversation with a bank: at a prompt, over a pipe, or of the one line given as
 * arguments. `client` and `up` hold it alike.
 */
import { formatAddress } from '../host/address.ts';
import type { BankAddress } from '../host/server-options.ts';
import { isTerminal, painterOf } from './colour.ts';
import { connectTo } from './connect-to.ts';
import { note, type CliContext } from './context.ts';
import { History, historyPath } from './history.ts';
import { joinWords } from './line-words.ts';
import { runLines, runPipe } from './pipe.ts';
import { runPrompt } from './prompt.ts';
import { renderJson, renderScreen, renderText, type Render } from './render.ts';
import { ReplayProgress } from './replay-progress.ts';

export interface ConversationOptions {
  readonly bank: BankAddress;
  readonly timeoutMs: number;
  /** How long the first connection is tried. */
  readonly connectTimeoutMs?: number;
  readonly json: boolean;
  readonly bail: boolean;
  /** The words of one command; none: a prompt or a pipe. */
  readonly words: readonly string[];
  /** Aborted with the number of a signal, or because the bank stops. */
  readonly interrupted: AbortSignal;
}

/** Resolves to the exit status. */
export async function converse(context: CliContext, options: ConversationOptions): Promise<number> {
  const { bank, timeoutMs, words, bail, interrupted } = options;
  await using client = await connectTo(bank, timeoutMs, options.connectTimeoutMs);
  const { stdin, stdout } = context;
  const atTerminal = isTerminal(stdin) && isTerminal(stdout);
  const render = chooseRender(context, options, words.length > 0 || atTerminal);
  const tell = (sentence: string): void => note(context, `note: ${sentence}`);
  const details = options.json;
  const watch = (label: string): ReplayProgress => new ReplayProgress(context.stderr, label);
  const session = { render, details, bail, interrupted, note: tell, watch };
  if (words.length > 0) return await runLines([joinWords(words)], stdout, client, session);
  if (!atTerminal) return await runPipe(stdin, stdout, client, session);
  return await runPrompt(stdin, stdout, client, {
    address: formatAddress(bank.host, bank.port),
    render,
    details,
    paint: painterOf(context),
    history: new History(historyPath(context.env)),
    interrupted,
    note: tell,
    watch,
  });
}

/** A person typed the command, and reads the answer where stdout is a terminal. */
function chooseRender(
  context: CliContext,
  { json }: ConversationOptions,
  wasTyped: boolean,
): Render {
  if (json) return renderJson;
  const paint = painterOf(context);
  return wasTyped && isTerminal(context.stdout) ? renderScreen(paint) : renderText(paint);
}
