/** The feed of changes: a line of JSON for each, to the end, or for ever. */
import { changePages, type ChangesOptions } from '../host/changes.ts';
import type { Client } from '../host/client.ts';
import type { AskPage } from '../host/history-pages.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-status.ts';
import { ResultStream } from './result-stream.ts';

/** Resolves to the exit status. */
export async function runFeed(
  { stdout }: CliContext, client: Client, interrupted: AbortSignal,
  options: ChangesOptions & { readonly timeoutMs: number },
): Promise<number> {
  using results = new ResultStream(stdout, interrupted);
  const ask: AskPage = (from, timeoutMs) => client.history(from, { timeoutMs });
  for await (const changes of changePages(ask, { ...options, signal: results.ended })) {
    const lines = changes.map((change) => `${JSON.stringify(change)}\n`);
    if (!(await results.write(lines.join('')))) break;
  }
  return EXIT.done;
}
