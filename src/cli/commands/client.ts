/** `bankd client`: a prompt, a pipe, or one command. */
import { Option } from 'clipanion';
import { BankdCommand, type Usage } from '../command.ts';
import { note } from '../context.ts';
import { converse } from '../conversation.ts';
import { options, requireAllowedHost, requireRealPort } from '../options.ts';
import { Interruption } from '../signals.ts';

export class ClientCommand extends BankdCommand {
  static override readonly paths = [['client']];
  static override readonly words = 'rest-of-line';
  static override readonly wordsPlaceholder = '[COMMAND …]';
  static override readonly about: Usage = {
    description: 'talk to a bank: at a prompt, in a pipe, or one command',
    details:
      'Commands: CREATE UPDATE QUERY DEPOSIT WITHDRAW TRANSFER OUTCOME STATUS HELP QUIT.\n' +
      'Exit status of a pipe: the worst of its answers: 0 OK, 1 refused, 3 unavailable, 4 unknown.',
    examples: [
      ['a prompt', 'bankd client'],
      ['a command a line, an answer a line', 'bankd client < commands.txt'],
      ['one command', 'bankd client TRANSFER 100 101 10.00'],
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
    if (this.commandWords.some((word) => /^--[a-z]/.test(word))) {
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
