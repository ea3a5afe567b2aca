/** `--help`: examples first, then usage and options; works without a server. */
import type { ChalkInstance } from 'chalk';
import type { CommandClass } from './command.ts';
import { PLACEHOLDERS } from './options.ts';

export interface HelpEntry {
  readonly name: string;
  readonly command: CommandClass;
  readonly options: readonly HelpOption[];
}

export interface HelpOption {
  readonly flag: string;
  readonly takesValue: boolean;
  readonly description: string;
}

const GLOBAL_OPTIONS: readonly HelpOption[] = [
  { flag: '--no-color', takesValue: false, description: 'no colour, also on a terminal' },
  { flag: '-h, --help', takesValue: false, description: 'this' },
];

/** Of all of bankd. */
export function formatGeneralHelp(entries: readonly HelpEntry[], paint: ChalkInstance): string {
  const rows = entries.map(({ name, command }) => [name, command.about.description] as const);
  return [
    'bankd: a bank whose accounts are kept, replicated, by several processes',
    section(paint, 'Examples', table([
      ['bankd up', 'a whole bank on this machine, and a prompt'],
      ["echo 'CREATE 50' | bankd client", 'a command, or as many as there are lines'],
      ['bankd client QUERY 100', 'the same, as arguments'],
      ['bankd chaos --kill 1', 'kill a backend and see it come back'],
    ])),
    section(paint, 'Usage', ['bankd SUBCOMMAND [OPTION …]']),
    section(paint, 'Subcommands', table([...rows, ['version', 'the same as bankd --version']])),
    '',
    'bankd SUBCOMMAND --help tells more of each. An option with a value can also be given in the',
    'environment: --read-timeout is BANKD_READ_TIMEOUT.',
    '',
  ].join('\n');
}

/** Of one subcommand. */
export function formatCommandHelp(entry: HelpEntry, paint: ChalkInstance): string {
  const { name, command, options } = entry;
  const { description, details, examples } = command.about;
  const usage = [`bankd ${name}`, ...options.map((option) => usageForm(option, command))];
  if (command.wordsPlaceholder !== '') usage.push(command.wordsPlaceholder);
  const rows = [...options, ...GLOBAL_OPTIONS].map(
    (option) => [form(option), option.description] as const,
  );
  return [
    `bankd ${name}: ${description}`,
    section(paint, 'Examples', table(examples.map(([what, line]) => [line, what] as const))),
    section(paint, 'Usage', wrap(usage)),
    section(paint, 'Options', table(rows)),
    ...(details === undefined ? [] : ['', details]),
    '',
  ].join('\n');
}

function form({ flag, takesValue }: HelpOption): string {
  return takesValue ? `${flag} ${PLACEHOLDERS[flag] ?? 'VALUE'}` : flag;
}

function usageForm(option: HelpOption, { required }: CommandClass): string {
  return required.includes(option.flag) ? form(option) : `[${form(option)}]`;
}

function section(paint: ChalkInstance, title: string, lines: readonly string[]): string {
  return ['', paint.bold(title), ...lines.map((line) => `  ${line}`)].join('\n');
}

function table(rows: readonly (readonly [string, string])[]): readonly string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `${left.padEnd(width)}  ${right}`);
}

/** Breaks a usage between its parts. */
function wrap(parts: readonly string[]): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const part of parts) {
    if (line !== '' && line.length + part.length > 88) {
      lines.push(line);
      line = `   ${part}`;
    } else {
      line = line === '' ? part : `${line} ${part}`;
    }
  }
  return [...lines, line];
}
