/** `bankd chaos`: faults on a running bank. */
import { Option } from 'clipanion';
import { realWorld } from '../../chaos/chaos-world.ts';
import type { CutMode, FaultOrder } from '../../chaos/fault.ts';
import { inject, untilWhole, type ChaosStage } from '../../chaos/inject.ts';
import { BACKENDS_MAX } from '../../core/ids.ts';
import { countFaults, readChaosOrder, type ChaosFlags } from '../chaos-order.ts';
import { BankdCommand, type Usage } from '../command.ts';
import { connectTo } from '../connect-to.ts';
import { EXIT } from '../exit-status.ts';
import { environmentName, options, requireAllowedHost, requireRealPort } from '../options.ts';
import { Interruption } from '../signals.ts';
import { isDuration, isNotEmpty, isOneOf, isWholeNumber } from '../validators.ts';

const TIMEOUT_MS = 2_000;
/** So long it is watched whether they come back. */
const WATCH_MS = 30_000;
const MODES: readonly CutMode[] = ['both', 'to', 'from', 'half-open', 'slow'];

function backends(flag: string, description: string) {
  const validator = isWholeNumber(1, BACKENDS_MAX);
  return Option.String(flag, { description, validator, env: environmentName(flag) });
}

const SEED_MAX = 2 ** 32 - 1;
const CLIENTS_MAX = 64;
const RATE_MAX = 1_000_000;
const CLIENTS = 8;
const RATE = 2_000;

const DETAILS = `It says which backends it took, and shows the status array until they are back.

A plan (--scenario, --seed, or one fault with --clients, --rate, --history, --report or --json) is
done under a workload, which creates accounts of its own; nothing else may write to those.
Everything is recorded; after the faults the bank gets time to heal, and the verdict is on the
history, the replicas, and every account. A plan is a file of lines such as:
  at 5s kill 1
  at 8s cut 2 half-open for 3s        # both, to, from, half-open, slow
  at 9s pause backend 3 for 500ms
  every 4s from 10s until 30s frontend
Exit status: 0 passed, 1 undecided, 3 the bank did not come back, 5 violated.`;

export class ChaosCommand extends BankdCommand {
  static override readonly paths = [['chaos']];
  static override readonly about: Usage = {
    description: 'faults on a running bank: backends killed, paused, cut off, damaged',
    details: DETAILS,
    examples: [
      ['kill a backend that is up, at random', 'bankd chaos --kill 1'],
      ['kill this one', 'bankd chaos --kill 1 --backend 2'],
      ['two stand still for 3 s', 'bankd chaos --pause 2 --for 3s'],
      ['the network of two is cut for 5 s', 'bankd chaos --cut 2'],
      ['what one sends does not arrive', 'bankd chaos --cut 1 --mode from'],
      ['the coordinator dies', 'bankd chaos --frontend'],
      ['a byte of a journal rots', 'bankd chaos --corrupt 1 --yes-really'],
      ['a disk is replaced by an empty one', 'bankd chaos --wipe 1 --yes-really'],
      ['a plan, a workload, a verdict', 'bankd chaos --scenario rolling --report chaos.html'],
      ['a plan drawn at random', 'bankd chaos --seed 42 --for 60s --clients 8'],
      ['the plans that there are', 'bankd chaos --scenario list'],
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
    description: 'how long a pause, a cut or a full disk lasts (default 5s), or a plan (30s)',
    validator: isDuration(1, 3_600_000),
    env: environmentName('--for'),
  });
  readonly backend = backends('--backend', 'take this one, not one at random');
  readonly yesReally = Option.Boolean('--yes-really', false, {
    description: 'needed by --corrupt, --wipe and --all, and by plans in which they are',
  });
  readonly scenario = Option.String('--scenario', {
    description: 'do the faults of a plan, under a workload: a file, or a name (list shows them)',
    validator: isNotEmpty(),
    env: environmentName('--scenario'),
  });
  readonly seed = Option.String('--seed', {
    description: 'draw the plan from this number; with --scenario, everything else that is drawn',
    validator: isWholeNumber(0, SEED_MAX),
    env: environmentName('--seed'),
  });
  readonly clients = Option.String('--clients', {
    description: 'how many clients make the workload (default 8)',
    validator: isWholeNumber(1, CLIENTS_MAX),
    env: environmentName('--clients'),
  });
  readonly rate = Option.String('--rate', {
    description: 'how many operations a second they ask for, together (default 2000)',
    validator: isWholeNumber(1, RATE_MAX),
    env: environmentName('--rate'),
  });
  readonly history = Option.String('--history', {
    description: 'keep what was asked and answered, as NDJSON (kept anyway where a run failed)',
    validator: isNotEmpty(),
    env: environmentName('--history'),
  });
  readonly report = Option.String('--report', {
    description: 'write a page that shows the run, as HTML',
    validator: isNotEmpty(),
    env: environmentName('--report'),
  });
  readonly json = options.flag('--json', 'sum a run of a plan up as one JSON object');
  readonly port = options.port('where the frontend listens (default 8023)');
  readonly host = options.host('where the frontend is (default 127.0.0.1)');
  readonly insecure = options.insecure();

  override async execute(): Promise<number> {
    if (this.scenario === 'list') {
      const { scenarioLines } = await import('../../chaos/scenarios.ts');
      this.context.stdout.write(`${scenarioLines().join('\n')}\n`);
      return EXIT.done;
    }
    return this.#isPlanAsked() ? await this.#runPlan() : await this.#doOne();
  }

  /** Also by what only a plan has, such as a report: beside a fault, by its flag. */
  #isPlanAsked(): boolean {
    const { scenario, seed, clients, rate, history, report, json } = this;
    const asking = Object.entries({ scenario, seed, clients, rate, history, report });
    const isFault = countFaults(this.#faults()) > 0;
    return json || asking.some(([name, value]) =>
      value !== undefined && !(isFault && this.isDefault(name, value)));
  }

  async #runPlan(): Promise<number> {
    // Only now: the help does without it.
    const { choosePlan } = await import('../chosen-plan.ts');
    const { runPlanned } = await import('../chaos-plan.ts');
    const { judgeHistoryFile } = await import('../../chaos/judge-history.ts');
    const { seed, yesReally, forTime: forMs, json } = this;
    const { host, port, clients = CLIENTS, rate = RATE } = this;
    const single = countFaults(this.#faults()) > 0 ? this.#order(true) : undefined;
    const isOther = single !== undefined && this.isDefault('scenario', this.scenario);
    const scenario = isOther ? undefined : this.scenario;
    const chosen = choosePlan({ scenario, seed, yesReally, forMs, single });
    requireAllowedHost(host, this.insecure);
    requireRealPort(port);
    return await runPlanned(this.context, {
      chosen, bank: { host, port }, clients, rate, json, judge: judgeHistoryFile,
      historyPath: this.history, reportPath: this.report,
    });
  }

  #order(isInPlan: boolean): FaultOrder {
    const { backend, mode, yesReally, forTime: forMs } = this;
    const { env } = this.context;
    const defaults = { for: env['BANKD_FOR'] !== undefined, mode: env['BANKD_MODE'] !== undefined };
    const faults = this.#faults();
    return readChaosOrder({ faults, backend, forMs, mode, yesReally, isInPlan, defaults });
  }

  #faults(): ChaosFlags['faults'] {
    const { kill, pause, cut, corrupt, wipe, frontend, all, diskFull } = this;
    return { kill, pause, cut, 'disk-full': diskFull, corrupt, wipe, frontend, all };
  }

  async #doOne(): Promise<number> {
    const order = this.#order(false);
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
