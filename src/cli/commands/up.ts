/** `bankd up`: a whole bank on this machine; `npm start` is this. */
import { runBank } from '../../host/bank.ts';
import type { BankSession } from '../../host/server-options.ts';
import { usageError } from '../cli-error.ts';
import { BankdCommand, type Usage } from '../command.ts';
import { options, requireAllowedHost } from '../options.ts';
import { stdinKind } from '../stdin-kind.ts';

const COUNT_DEFAULT = 3;

export class UpCommand extends BankdCommand {
  static override readonly paths = [['up']];
  static override readonly about: Usage = {
    description: 'a whole bank on this machine: one frontend and its backends',
    details:
      'On a terminal it ends in the prompt of bankd client. With piped input it runs those\n' +
      'commands and stops the bank at the end of input. With neither it serves until a signal.',
    examples: [
      ['a bank with three backends, and a prompt', 'bankd up'],
      ['runs the commands, then stops', 'bankd up < commands.txt'],
      ['serves until it is stopped', 'bankd up < /dev/null'],
    ],
  };

  readonly count = options.count();
  readonly port = options.port('where clients connect; 0 picks a port (default 8023)');
  readonly host = options.host('the address to listen at (default 127.0.0.1)');
  readonly insecure = options.insecure();
  readonly data = options.data();
  readonly readTimeout = options.readTimeout();
  readonly minInSync = options.minInSync();
  readonly keys = options.keys();
  readonly recover = options.flag('--recover', 'rebuild a lost control record from the backends');
  readonly acceptDataLoss = options.flag(
    '--accept-data-loss', 'serve from what is left, though acknowledged money may be missing',
  );
  readonly noRestart = options.flag('--no-restart', 'do not start a process again that crashed');
  readonly noChaos = options.flag('--no-chaos', 'forbid bankd chaos');
  readonly trace = options.flag('--trace', 'one line for each transaction, on stderr');
  readonly json = options.flag('--json', 'answers as JSON objects, one a line');
  readonly timeout = options.timeout('how long a request is tried (default 10s)');
  readonly bail = options.flag('--bail', 'stop at the first answer that is not OK');

  override async execute(): Promise<number> {
    requireAllowedHost(this.host, this.insecure);
    const count = this.count ?? COUNT_DEFAULT;
    if (this.minInSync > count) {
      throw usageError(`--min-in-sync ${this.minInSync} is more than --count ${count}`);
    }
    return runBank({
      count,
      port: this.port,
      host: this.host,
      data: this.data,
      readTimeoutMs: this.readTimeout,
      minInSync: this.minInSync,
      keysMax: this.keys,
      recover: this.recover,
      acceptDataLoss: this.acceptDataLoss,
      restart: !this.noRestart,
      trace: this.trace,
      chaos: !this.noChaos,
      session: stdinKind() === 'none' ? undefined : this.#makeSession(),
    });
  }

  #makeSession(): BankSession {
    return async (bank, stopping) => {
      // Only now: a bank that only serves does without.
      const { converse } = await import('../conversation.ts');
      return await converse(this.context, {
        bank,
        timeoutMs: this.timeout,
        // A frontend that was killed meanwhile is started again: the bank must not end for that.
        connectTimeoutMs: this.timeout,
        json: this.json,
        bail: this.bail,
        words: [],
        interrupted: stopping,
      });
    };
  }
}
