/** `bankd frontend`: the coordinator. */
import { runFrontend } from '../../host/frontend.ts';
import { BankdCommand, type Usage } from '../command.ts';
import { options, requireAllowedHost } from '../options.ts';
import { version } from '../version.ts';

export class FrontendCommand extends BankdCommand {
  static override readonly paths = [['frontend']];
  static override readonly about: Usage = {
    description: 'the coordinator, to which backends and clients connect',
    details: 'Ready when it says so on stderr: ready frontend 127.0.0.1:8023 pid 123',
    examples: [
      ['clients and backends connect to port 8023', 'bankd frontend'],
      ['no write with fewer than two copies', 'bankd frontend --min-in-sync 2'],
      ['a key counts for longer than the newest 10,000,000', 'bankd frontend --keys 20000000'],
      ['its data directory was lost', 'bankd frontend --recover'],
    ],
  };

  readonly port = options.port('where to listen; 0 picks a port (default 8023)');
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
  readonly noChaos = options.flag('--no-chaos', 'forbid bankd chaos');
  readonly trace = options.flag('--trace', 'one line for each transaction, on stderr');

  override async execute(): Promise<number> {
    requireAllowedHost(this.host, this.insecure);
    return runFrontend({
      port: this.port,
      host: this.host,
      data: this.data,
      readTimeoutMs: this.readTimeout,
      minInSync: this.minInSync,
      keysMax: this.keys,
      recover: this.recover,
      acceptDataLoss: this.acceptDataLoss,
      trace: this.trace,
      chaos: !this.noChaos,
      version,
    });
  }
}
