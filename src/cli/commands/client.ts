/** `bankd client`: a prompt, a pipe, or one command. */
import { Option } from 'clipanion';
import { BankdCommand, type Usage } from '../command.ts';
import { parseLine } from '../command-language.ts';
import { COMMAND_WORDS } from '../command-words.ts';
import { note } from '../context.ts';
import { converse } from '../conversation.ts';
import { joinWords } from '../line-words.ts';
import { options, requireAllowedHost, requireRealPort } from '../options.ts';
import { Interruption } from '../signals.ts';

/** Of the client, not of the command language. */
const OWN_OPTION = /^--(?:port|host|insecure|json|timeout|bail|no-color)(?:=|$)/;

export class ClientCommand extends BankdCommand {
  static override readonly paths = [['client']];
  static override readonly words = 'rest-of-line';
  static override readonly wordsPlaceholder = '[COMMAND …]';
  static override readonly about: Usage = {
    description: 'talk to a bank: at a prompt, in a pipe, or one command',
    details:
      `Commands: ${COMMAND_WORDS.slice(0, 10).join(' ')}\n` +
      `${COMMAND_WORDS.slice(10, 20).join(' ')}\n` +
      `${COMMAND_WORDS.slice(20).join(' ')}.\n` +
      'Exit status of a pipe: the worst of its answers: 0 OK, 1 refused, 3 unavailable, ' +
      '4 unknown,\n5 the sums of TRIAL differ.',
    examples: [
      ['a prompt', 'bankd client'],
      ['a command a line, an answer a line', 'bankd client < commands.txt'],
      ['one command', 'bankd client TRANSFER 100 101 10.00'],
      ['an account with a name', 'bankd client CREATE 50 --name "Alice B" --currency EUR'],
      ['set money aside for ten minutes', 'bankd client HOLD 100 101 10.00 --for 10m'],
      ['an answer as a JSON object', 'bankd client --json QUERY 100'],
      ['safe to repeat: @rent-may happens once', 'bankd client @rent-may TRANSFER 100 101 9.50'],
    ],
  };

  readonly port = options.port('where the frontend listens (default 8023)');
  readonly host = options.host('where the frontend is (default 127.0.0.1)');
  readonly insecure = options.insecure();
  readonly json = options.flag('--json', 'one JSON object a line');
  readonly timeout = options.timeout('how long a request is tried (default 10s)');
  readonly bail = options.flag('--bail', 'stop at the first answer that is not OK');
  readonly commandWords = Option.Rest();

  override async execute(): Promise<number> {
    requireAllowedHost(this.host, this.insecure);
    requireRealPort(this.port);
    if (hasMisplacedOption(this.commandWords)) {
      note(this.context, 'tip: options come before the command: bankd client --json QUERY 100');
    }
    using interruption = new Interruption();
    return await converse(this.context, {
      bank: { host: this.host, port: this.port },
      timeoutMs: this.timeout,
      json: this.json,
      bail: this.bail,
      words: this.commandWords,
      interrupted: interruption.signal,
    });
  }
}

/** Where the command takes it, as STATEMENT does --json, it is in its place. */
function hasMisplacedOption(words: readonly string[]): boolean {
  return words.some((word) => OWN_OPTION.test(word)) && parseLine(joinWords(words)).type === 'bad';
}
