/**
 * bankd, from its arguments to its exit status.
 *
 * clipanion parses and runs the subcommands; everything a user sees of it is made here (style.md
 * 27): errors on stderr, as one sentence and a tip, with the exit statuses of interface.md.
 */
import { Cli } from 'clipanion';
import { fromErrno } from '../host/environment-error.ts';
import {
  readCommandLine, subcommandOf, type CommandLine, type CommandShape,
} from './command-line.ts';
import type { CommandClass } from './command.ts';
import { processContext, type CliContext } from './context.ts';
import { EXIT } from './exit-status.ts';
import { describeFailure, formatFailure } from './failure.ts';
import type { HelpEntry } from './help.ts';

/**
 * The subcommands, in the order in which the help shows them. Each loads what it needs: a server
 * starts, and starts again, in half the time and with less memory without what the others need.
 */
const COMMANDS: ReadonlyMap<string, () => Promise<CommandClass>> = new Map(Object.entries({
  up: async () => (await import('./commands/up.ts')).UpCommand,
  client: async () => (await import('./commands/client.ts')).ClientCommand,
  import: async () => (await import('./commands/import.ts')).ImportCommand,
  status: async () => (await import('./commands/status.ts')).StatusCommand,
  feed: async () => (await import('./commands/feed.ts')).FeedCommand,
  export: async () => (await import('./commands/export.ts')).ExportCommand,
  chaos: async () => (await import('./commands/chaos.ts')).ChaosCommand,
  frontend: async () => (await import('./commands/frontend.ts')).FrontendCommand,
  backend: async () => (await import('./commands/backend.ts')).BackendCommand,
  verify: async () => (await import('./commands/verify.ts')).VerifyCommand,
  sim: async () => (await import('./commands/sim.ts')).SimCommand,
  bench: async () => (await import('./commands/bench.ts')).BenchCommand,
}));

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
  const commands = await loadCommands(argv);
  const cli = Cli.from<CliContext>(commands, { binaryName: 'bankd', enableCapture: false });
  const entries = describeCommands(cli, commands);
  const line = readCommandLine(argv, new Map(entries.map((entry) => [entry.name, shapeOf(entry)])));
  switch (line.type) {
    case 'help':
      context.stdout.write(await formatHelp(entries, line, context));
      return EXIT.done;
    case 'version':
      context.stdout.write((await import('./version-text.ts')).describeVersion());
      return EXIT.done;
    case 'run': {
      const command = cli.process([...line.tokens], { ...context, noColor: line.noColor });
      return command.validateAndExecute();
    }
  }
}

/** The one that is named; all of them for the help, and to find what a misspelled one is near. */
function loadCommands(argv: readonly string[]): Promise<CommandClass[]> {
  const named = COMMANDS.get(subcommandOf(argv) ?? '');
  const loaders = named === undefined ? [...COMMANDS.values()] : [named];
  return Promise.all(loaders.map((load) => load()));
}

/** What clipanion knows of the commands' options. */
function describeCommands(
  cli: Cli<CliContext>,
  commands: readonly CommandClass[],
): readonly HelpEntry[] {
  const definitions = new Map(cli.definitions().map((each) => [each.path, each]));
  return commands.map((command) => {
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

async function formatHelp(
  entries: readonly HelpEntry[],
  { about }: Extract<CommandLine, { type: 'help' }>,
  context: CliContext,
): Promise<string> {
  const { painterOf } = await import('./colour.ts');
  const { formatCommandHelp, formatGeneralHelp } = await import('./help.ts');
  const paint = painterOf(context);
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
