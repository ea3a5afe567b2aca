/** `bankd chaos`: faults on a running bank. */
import { Option } from 'clipanion';
import { BACKENDS_MAX } from '../../core/ids.ts';
import { realWorld } from '../chaos-world.ts';
import { runChaos, type ChaosPlan } from '../chaos.ts';
import { usageError } from '../cli-error.ts';
import { BankdCommand, type Usage } from '../command.ts';
import { connectTo } from '../conversation.ts';
import {
  environmentName, missingOption, options, requireAllowedHost, requireRealPort,
} from '../options.ts';
import { Interruption } from '../signals.ts';
import { isDuration, isWholeNumber } from '../validators.ts';

const TIMEOUT_MS = 2_000;

function backends(flag: string, description: string) {
  const validator = isWholeNumber(1, BACKENDS_MAX);
  return Option.String(flag, { description, validator, env: environmentName(flag) });
}

export class ChaosCommand extends BankdCommand {
  static override readonly paths = [['chaos']];
  static override readonly about: Usage = {
    description: 'faults on a running bank: backends killed or paused',
    details: 'It says which backends it took, and shows the status array until they are back.',
    examples: [
      ['kill a backend that is up, at random', 'bankd chaos --kill 1'],
      ['kill this one', 'bankd chaos --kill 1 --backend 2'],
      ['two stand still for 3 s', 'bankd chaos --pause 2 --for 3s'],
    ],
  };

  readonly kill = backends('--kill', 'kill so many backends (SIGKILL)');
  readonly pause = backends('--pause', 'stop so many backends (SIGSTOP), then let them go on');
  readonly forTime = Option.String('--for', '5s', {
    description: 'how long a pause lasts (default 5s)',
    validator: isDuration(1, 3_600_000),
    env: environmentName('--for'),
  });
  readonly backend = backends('--backend', 'take this one, not one at random');
  readonly port = options.port('where the frontend listens (default 8023)');
  readonly host = options.host('where the frontend is (default 127.0.0.1)');
  readonly insecure = options.insecure();

  override async execute(): Promise<number> {
    const plan = this.#plan();
    requireAllowedHost(this.host, this.insecure);
    requireRealPort(this.port);
    using interruption = new Interruption();
    await using client = await connectTo({ host: this.host, port: this.port }, TIMEOUT_MS);
    return await runChaos(plan, {
      client,
      world: realWorld,
      interrupted: interruption.signal,
      say: (line) => this.context.stdout.write(`${line}\n`),
    });
  }

  #plan(): ChaosPlan {
    const { kill, pause, backend, forTime } = this;
    if (kill !== undefined && pause !== undefined) {
      throw usageError('--kill and --pause are two faults: one at a time');
    }
    if (kill !== undefined) return { fault: 'kill', count: kill, backend, forMs: 0 };
    if (pause !== undefined) return { fault: 'pause', count: pause, backend, forMs: forTime };
    throw missingOption('--kill N or --pause N');
  }
}
