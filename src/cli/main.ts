/**
 * bankd, from its arguments to its exit status.
 *
 * clipanion parses and runs the subcommands; everything a user sees of it is made here (style.md
 * 27): errors on stderr, as one sentence and a tip, with the exit statuses of interface.md.
 */
import { Cli } from 'clipanion';
import { fromErrno } from '../host/environment-error.ts';
import { createPainter } from './colour.ts';
import { readCommandLine, type CommandLine, type CommandShape } from './command-line.ts';
import type { CommandClass } from './command.ts';
import { BackendCommand } from './commands/backend.ts';
import { BenchCommand } from './commands/bench.ts';
import { ChaosCommand } from './commands/chaos.ts';
import { ClientCommand } from './commands/client.ts';
import { ExportCommand } from './commands/export.ts';
import { FeedCommand } from './commands/feed.ts';
import { FrontendCommand } from './commands/frontend.ts';
import { ImportCommand } from './commands/import.ts';
import { SimCommand } from './commands/sim.ts';
import { StatusCommand } from './commands/status.ts';
import { UpCommand } from './commands/up.ts';
import { VerifyCommand } from './commands/verify.ts';
import { processContext, type CliContext } from './context.ts';
import { EXIT } from './exit-status.ts';
import { describeFailure, formatFailure } from './failure.ts';
import { formatCommandHelp, formatGeneralHelp, type HelpEntry } from './help.ts';
import { describeVersion } from './version-text.ts';

/** In the order in which the help shows them. */
const COMMANDS: readonly CommandClass[] = [
  UpCommand, ClientCommand, ImportCommand, StatusCommand, FeedCommand, ExportCommand, ChaosCommand,
  FrontendCommand, BackendCommand, VerifyCommand, SimCommand, BenchCommand,
];

/** Resolves to the exit status; rejects never. */
export async function main(
  argv: readonly string[],
  context: CliContext = processContext(),
): Promise<number> {
  const output = watchOutput(context);
  try {
    const status = await run(argv, context);
    await flushed(context);
    if (output.error !== undefined) throw fromErrno(output.error, 'write to stdout');
    return status;
  } catch (error) {
    const failure = describeFailure(error);
    context.stderr.write(formatFailure(failure));
    return failure.exitStatus;
  }
}

async function run(argv: readonly string[], context: CliContext): Promise<number> {
  const cli = Cli.from<CliContext>([...COMMANDS], { binaryName: 'bankd', enableCapture: false });
  const entries = describeCommands(cli);
  const line = readCommandLine(argv, new Map(entries.map((entry) => [entry.name, shapeOf(entry)])));
  switch (line.type) {
    case 'help':
      context.stdout.write(formatHelp(entries, line, context));
      return EXIT.done;
    case 'version':
      context.stdout.write(describeVersion());
      return EXIT.done;
    case 'run': {
      const command = cli.process([...line.tokens], { ...context, noColor: line.noColor });
      return command.validateAndExecute();
    }
  }
}

/** What clipanion knows of the commands' options. */
function describeCommands(cli: Cli<CliContext>): readonly HelpEntry[] {
  const definitions = new Map(cli.definitions().map((each) => [each.path, each]));
  return COMMANDS.map((command) => {
    const name = command.paths?.[0]?.[0] ?? '';
    const options = (definitions.get(`bankd ${name}`)?.options ?? []).map((option) => {
      const [flag = '', placeholder] = option.definition.split(' ');
      // clipanion breaks lines; the help breaks its own.
      const description = option.description?.trim().replace(/\s+/g, ' ') ?? '';
      return { flag, takesValue: placeholder !== undefined, description };
    });
    return { name, command, options };
  });
}

function shapeOf({ name, command, options }: HelpEntry): CommandShape {
  const flags = new Map(options.map(({ flag, takesValue }) => [flag, { takesValue }]));
  return { name, words: command.words, flags };
}

function formatHelp(
  entries: readonly HelpEntry[],
  { about }: Extract<CommandLine, { type: 'help' }>,
  context: CliContext,
): string {
  const paint = createPainter(context.stdout, context.env, context.noColor);
  const entry = entries.find(({ name }) => name === about);
  return entry === undefined ? formatGeneralHelp(entries, paint) : formatCommandHelp(entry, paint);
}

/** Resolves when everything was written, or could not be. */
function flushed({ stdout }: CliContext): Promise<void> {
  return new Promise((resolve) => stdout.write('', () => resolve()));
}

/** A reader of stdout that has gone (EPIPE) ends bankd quietly; a full disk behind it does not. */
function watchOutput(context: CliContext): { readonly error: Error | undefined } {
  const output: { error: Error | undefined } = { error: undefined };
  context.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') output.error ??= error;
  });
  context.stderr.on('error', () => {});
  return output;
}
