/** `bankd chaos`: faults on a running bank. */
import { Option } from 'clipanion';
import type { FaultOrder } from '../../chaos/fault.ts';
import { scenarioLines } from '../../chaos/scenarios.ts';
import { BACKENDS_MAX } from '../../core/ids.ts';
import { runPlanned } from '../chaos-plan.ts';
import { realWorld } from '../chaos-world.ts';
import { runChaos, type ChaosPlan } from '../chaos.ts';
import { choosePlan, type ChosenPlan } from '../chosen-plan.ts';
import { usageError } from '../cli-error.ts';
import { BankdCommand, type Usage } from '../command.ts';
import { connectTo } from '../conversation.ts';
import { EXIT } from '../exit-status.ts';
import {
  environmentName, missingOption, options, requireAllowedHost, requireRealPort,
} from '../options.ts';
import { Interruption } from '../signals.ts';
import { formatDuration, isDuration, isNotEmpty, isWholeNumber } from '../validators.ts';

const TIMEOUT_MS = 2_000;

function backends(flag: string, description: string) {
  const validator = isWholeNumber(1, BACKENDS_MAX);
  return Option.String(flag, { description, validator, env: environmentName(flag) });
}

const DETAILS = `It says which backends it took, and shows the status array until they are back.

A plan (--scenario, --seed, or a fault with --clients) is done under a workload that creates its own
accounts; nothing else may write to those. Everything is recorded; after the faults the bank gets
time to heal, and the verdict is on the history, the replicas, and every account. A plan is a file
of lines such as:
  at 5s kill 1
  at 8s cut 2 half-open for 3s        # both, to, from, half-open, slow
  at 9s pause backend 3 for 500ms
  every 4s from 10s until 30s frontend
Exit status: 0 passed, 1 undecided, 3 the bank did not come back, 5 violated.`;

export class ChaosCommand extends BankdCommand {
  static override readonly paths = [['chaos']];
  static override readonly about: Usage = {
    description: 'faults on a running bank: backends killed or paused',
    details: DETAILS,
    examples: [
      ['kill a backend that is up, at random', 'bankd chaos --kill 1'],
      ['kill this one', 'bankd chaos --kill 1 --backend 2'],
      ['two stand still for 3 s', 'bankd chaos --pause 2 --for 3s'],
      ['a plan, a workload, a verdict', 'bankd chaos --scenario rolling --report chaos.html'],
      ['a plan drawn at random', 'bankd chaos --seed 42 --for 60s --clients 8'],
      ['the plans that there are', 'bankd chaos --scenario list'],
    ],
  };

  readonly kill = backends('--kill', 'kill so many backends (SIGKILL)');
  readonly pause = backends('--pause', 'stop so many backends (SIGSTOP), then let them go on');
  readonly forTime = Option.String('--for', {
    description: 'how long a pause lasts (default 5s), or the faults of a plan (default 30s)',
    validator: isDuration(1, 3_600_000),
    env: environmentName('--for'),
  });
  readonly backend = backends('--backend', 'take this one, not one at random');
  readonly scenario = Option.String('--scenario', {
    description: 'do the faults of a plan, under a workload: a file, or a name (list shows them)',
    validator: isNotEmpty(),
    env: environmentName('--scenario'),
  });
  readonly seed = Option.String('--seed', {
    description: 'draw the plan from this number; with --scenario, everything else that is drawn',
    validator: isWholeNumber(0, 4_294_967_295),
    env: environmentName('--seed'),
  });
  readonly clients = Option.String('--clients', {
    description: 'how many clients make the workload (default 8)',
    validator: isWholeNumber(1, 64),
    env: environmentName('--clients'),
  });
  readonly rate = Option.String('--rate', {
    description: 'how many operations a second they ask for, together (default 2000)',
    validator: isWholeNumber(1, 1_000_000),
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
  readonly yesReally = options.flag('--yes-really', 'allow what may destroy data');
  readonly json = options.flag('--json', 'sum a run up as one JSON object');
  readonly port = options.port('where the frontend listens (default 8023)');
  readonly host = options.host('where the frontend is (default 127.0.0.1)');
  readonly insecure = options.insecure();

  override async execute(): Promise<number> {
    if (this.scenario === 'list') {
      this.context.stdout.write(`${scenarioLines().join('\n')}\n`);
      return EXIT.done;
    }
    const chosen = this.#chosenPlan();
    if (chosen !== undefined) return await this.#runPlan(chosen);
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

  /** A plan, or a single fault that a workload is to see; undefined: a single fault. */
  #chosenPlan(): ChosenPlan | undefined {
    const { scenario, seed, clients, rate, yesReally, forTime: forMs, kill, pause } = this;
    const isSingle = kill !== undefined || pause !== undefined;
    if (isSingle && scenario !== undefined) {
      throw usageError('--scenario is a plan of its own: without --kill and --pause');
    }
    if (scenario === undefined && seed === undefined && clients === undefined &&
      rate === undefined) return undefined;
    const single = isSingle ? this.#single() : undefined;
    if (single === undefined && scenario === undefined && seed === undefined) {
      throw missingOption('--scenario NAME or --seed N');
    }
    return choosePlan({ scenario, seed, yesReally, forMs, single });
  }

  #single(): { order: FaultOrder; flags: readonly string[] } {
    const { fault: kind, count, backend, forMs } = this.#plan();
    const flags = [`--${kind}`, String(count)];
    if (backend !== undefined) flags.push('--backend', String(backend));
    if (kind === 'pause') flags.push('--for', formatDuration(forMs));
    return { order: { kind, count, backend, forMs, mode: undefined }, flags };
  }

  async #runPlan(chosen: ChosenPlan): Promise<number> {
    const { host, port, json, clients = 8, rate = 2_000 } = this;
    requireAllowedHost(host, this.insecure);
    requireRealPort(port);
    return await runPlanned(this.context, {
      chosen, bank: { host, port }, clients, rate, json, judge: undefined,
      historyPath: this.history, reportPath: this.report,
    });
  }

  #plan(): ChaosPlan {
    const { kill, pause, backend, forTime } = this;
    if (kill !== undefined && pause !== undefined) {
      throw usageError('--kill and --pause are two faults: one at a time');
    }
    if (kill !== undefined) return { fault: 'kill', count: kill, backend, forMs: 0 };
    if (pause !== undefined) return { fault: 'pause', count: pause, backend, forMs: forTime ?? 5_000 };
    throw missingOption('--kill N or --pause N');
  }
}
