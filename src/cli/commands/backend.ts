/** `bankd backend`: N replicas, each a process. */
import { Option } from 'clipanion';
import { BACKENDS_MAX } from '../../core/ids.ts';
import { usageError } from '../cli-error.ts';
import { BankdCommand, type Usage } from '../command.ts';
import {
  environmentName, options, requireAllowedHost, requireOption, requireRealPort,
} from '../options.ts';
import { isWholeNumber } from '../validators.ts';

export class BackendCommand extends BankdCommand {
  static override readonly paths = [['backend']];
  static override readonly required = ['--count'];
  static override readonly about: Usage = {
    description: 'the replicas, which keep the accounts',
    details: 'Each says on stderr when it is in sync: ready backend 2 127.0.0.1:8023 pid 124',
    examples: [
      ['three backends of the frontend on this machine', 'bankd backend --count 3'],
      ['the second of three, alone', 'bankd backend --count 3 --id 2'],
    ],
  };

  readonly count = options.count();
  readonly port = options.port('where the frontend listens (default 8023)');
  readonly host = options.host('where the frontend is (default 127.0.0.1)');
  readonly insecure = options.insecure();
  readonly data = options.data();
  readonly id = Option.String('--id', {
    description: 'run this one alone (one a machine)',
    validator: isWholeNumber(1, BACKENDS_MAX),
    env: environmentName('--id'),
  });
  readonly noRestart = options.flag('--no-restart', 'do not start a backend again that crashed');
  readonly trace = options.flag('--trace', 'one line for each transaction, on stderr');

  override async execute(): Promise<number> {
    const count = requireOption(this.count, '--count');
    requireAllowedHost(this.host, this.insecure);
    requireRealPort(this.port);
    const { port, host, data, trace, id } = this;
    const common = { count, port, host, data, trace };
    // A supervisor does without what a backend has to load.
    if (id === undefined) {
      const { runBackends } = await import('../../host/supervisor.ts');
      return await runBackends({ ...common, restart: !this.noRestart });
    }
    if (id > count) throw usageError(`--id ${id} is not one of 1 to ${count}`);
    const { runBackend } = await import('../../host/backend.ts');
    return await runBackend({ ...common, id });
  }
}
