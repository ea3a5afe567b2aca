/** `bankd chaos`: faults on a running bank. */
import { Option } from 'clipanion';
import { realWorld } from '../../chaos/chaos-world.ts';
import type { CutMode } from '../../chaos/fault.ts';
import { inject, untilWhole, type ChaosStage } from '../../chaos/inject.ts';
import { BACKENDS_MAX } from '../../core/ids.ts';
import { readChaosOrder } from '../chaos-order.ts';
import { BankdCommand, type Usage } from '../command.ts';
import { connectTo } from '../conversation.ts';
import { EXIT } from '../exit-status.ts';
import { environmentName, options, requireAllowedHost, requireRealPort } from '../options.ts';
import { Interruption } from '../signals.ts';
import { isDuration, isOneOf, isWholeNumber } from '../validators.ts';

const TIMEOUT_MS = 2_000;
/** So long it is watched whether they come back. */
const WATCH_MS = 30_000;
const MODES: readonly CutMode[] = ['both', 'to', 'from', 'half-open', 'slow'];

function backends(flag: string, description: string) {
  const validator = isWholeNumber(1, BACKENDS_MAX);
  return Option.String(flag, { description, validator, env: environmentName(flag) });
}

export class ChaosCommand extends BankdCommand {
  static override readonly paths = [['chaos']];
  static override readonly about: Usage = {
    description: 'faults on a running bank: backends killed, paused, cut off, damaged',
    details: 'It says which backends it took, and shows the status array until they are back.',
    examples: [
      ['kill a backend that is up, at random', 'bankd chaos --kill 1'],
      ['kill this one', 'bankd chaos --kill 1 --backend 2'],
      ['two stand still for 3 s', 'bankd chaos --pause 2 --for 3s'],
      ['the network of two is cut for 5 s', 'bankd chaos --cut 2'],
      ['what one sends does not arrive', 'bankd chaos --cut 1 --mode from'],
      ['the coordinator dies', 'bankd chaos --frontend'],
      ['a byte of a journal rots', 'bankd chaos --corrupt 1 --yes-really'],
      ['a disk is replaced by an empty one', 'bankd chaos --wipe 1 --yes-really'],
    ],
  };

  readonly kill = backends('--kill', 'kill so many backends (SIGKILL)');
  readonly pause = backends('--pause', 'stop so many backends (SIGSTOP), then let them go on');
  readonly cut = backends('--cut', 'cut so many backends off from the frontend, for a while');
  readonly mode = Option.String('--mode', {
    description: 'of a cut: both (ways; default), to or from (the backend), half-open, slow',
    validator: isOneOf(MODES),
    env: environmentName('--mode'),
  });
  readonly diskFull = backends('--disk-full', 'fill the small disks of so many, for a while');
  readonly corrupt = backends('--corrupt', 'flip a bit in the journals of so many, and kill them');
  readonly wipe = backends('--wipe', 'kill so many backends and delete their data');
  readonly frontend = Option.Boolean('--frontend', false, { description: 'kill the frontend' });
  readonly all = Option.Boolean('--all', false, {
    description: 'kill the frontend and every backend',
  });
  readonly forTime = Option.String('--for', {
    description: 'how long a pause, a cut or a full disk lasts (default 5s)',
    validator: isDuration(1, 3_600_000),
    env: environmentName('--for'),
  });
  readonly backend = backends('--backend', 'take this one, not one at random');
  readonly yesReally = Option.Boolean('--yes-really', false, {
    description: 'needed by --corrupt, --wipe and --all',
  });
  readonly port = options.port('where the frontend listens (default 8023)');
  readonly host = options.host('where the frontend is (default 127.0.0.1)');
  readonly insecure = options.insecure();

  override async execute(): Promise<number> {
    const { kill, pause, cut, corrupt, wipe, frontend, all, diskFull } = this;
    const { backend, mode, yesReally, forTime: forMs } = this;
    const faults = { kill, pause, cut, 'disk-full': diskFull, corrupt, wipe, frontend, all };
    const order = readChaosOrder({ faults, backend, forMs, mode, yesReally });
    requireAllowedHost(this.host, this.insecure);
    requireRealPort(this.port);
    using interruption = new Interruption();
    await using client = await connectTo({ host: this.host, port: this.port }, TIMEOUT_MS);
    const stage: ChaosStage = {
      client,
      world: realWorld,
      interrupted: interruption.signal,
      say: (line) => this.context.stdout.write(`${line}\n`),
    };
    await inject(order, stage);
    const isWhole = await untilWhole(stage, WATCH_MS);
    if (!isWhole && !stage.interrupted.aborted) {
      stage.say(`not all are back after ${WATCH_MS / 1000} s`);
    }
    return EXIT.done;
  }
}
