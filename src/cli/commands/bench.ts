/** `bankd bench`: how fast the bank is, and whether it is right meanwhile. */
import { Option } from 'clipanion';
import type { Distribution } from '../../bench/account-draw.ts';
import { ALL } from '../../bench/workloads.ts';
import { BACKENDS_MAX } from '../../core/ids.ts';
import { CHUNK_OPERATIONS_MAX } from '../../core/operation.ts';
import { tuneHeap } from '../../host/heap.ts';
import type { BankAddress } from '../../host/server-options.ts';
import { usageError } from '../cli-error.ts';
import { BankdCommand, type Usage } from '../command.ts';
import { environmentName, options, requireAllowedHost, requireRealPort } from '../options.ts';
import { isDuration, isHost, isNotEmpty, isOneOf, isWholeNumber } from '../validators.ts';
import { isWorkloadList } from '../workload-list.ts';

const COUNT_DEFAULT = 3;
const CLIENTS_DEFAULT = 64;
const CLIENTS_MAX = 10_000;
const IN_FLIGHT_DEFAULT = 4;
/** More wait in the client library. */
const IN_FLIGHT_MAX = 64;
const ACCOUNTS_DEFAULT = 10_000;
const ACCOUNTS_MAX = 20_000_000;
const DURATION_DEFAULT_MS = 10_000;
const RATE_MAX = 10_000_000;
const ROUNDS_DEFAULT = 5;
const SEED_DEFAULT = 1;
const SEED_MAX = 2 ** 32 - 1;
const PORT_DEFAULT = 8023;
const DISTRIBUTIONS: readonly Distribution[] = ['uniform', 'zipfian'];

const DETAILS = `Without --port or --host it starts a bank of its own, and removes it in the end.
On a running bank it opens accounts of its own, touches no others, and closes them in the end.
(The environment has no say in --port, --host and --data.)

Workloads, each with accounts drawn at random for every operation:
  w1, update-one        one client, one UPDATE at a time
  w2, update-many       64 clients, one UPDATE each at a time
  w3, transfer-many     64 clients, one TRANSFER each at a time
  w4, bulk              transfers, 8,190 a request, 4 requests in flight
  w4-keyed, bulk-keyed  the same, each transfer under an idempotency key
  r1, read-many         64 clients, one linearizable QUERY each at a time
  all                   all of these
  f1-backend, f1-frontend (kill-backend, kill-frontend)
                        w3, and a process killed: the longest time without any answer
After each workload the books are checked: every account that it opened, and that the replicas
are alike. Clients that run on the machine of the bank take from it what they use.
Exit status: 0 done, 3 no answer, 4 what was asked may have happened, 5 the bank is wrong.`;

function number(flag: string, min: number, max: number, description: string) {
  const validator = isWholeNumber(min, max);
  return Option.String(flag, { description, validator, env: environmentName(flag) });
}

export class BenchCommand extends BankdCommand {
  static override readonly paths = [['bench']];
  static override readonly about: Usage = {
    description: 'how fast the bank is, and whether it is right meanwhile',
    details: DETAILS,
    examples: [
      ['all workloads on a bank of its own', 'bankd bench'],
      ['two of them, for a minute each', 'bankd bench --workload w2,w3 --duration 1m'],
      ['one bulk request at a time', 'bankd bench --workload w4 --in-flight 1'],
      ['a million accounts, some far more popular',
        'bankd bench --accounts 1000000 --distribution zipfian'],
      ['as many as come, not as are answered', 'bankd bench --workload w3 --rate 50000'],
      ['on a running bank', 'bankd bench --port 8023 --workload w2'],
      ['how long nobody is answered', 'bankd bench --workload f1-frontend'],
      ['for programs', 'bankd bench --json > bench.ndjson'],
    ],
  };

  readonly workload = Option.String('--workload', {
    description: 'which, with commas between (default all)',
    validator: isWorkloadList(),
    env: environmentName('--workload'),
  });
  readonly duration = Option.String('--duration', {
    description: 'how long each is measured, after a warm-up (default 10s)',
    validator: isDuration(50, 24 * 3_600_000),
    env: environmentName('--duration'),
  });
  readonly clients = number(
    '--clients', 1, CLIENTS_MAX, 'connections of w2, w3, r1 and the f1 (default 64)');
  readonly batch = number(
    '--batch', 1, CHUNK_OPERATIONS_MAX, 'transfers a request of w4 (default 8190: the most)');
  readonly inFlight = number(
    '--in-flight', 1, IN_FLIGHT_MAX, 'requests of w4 under way (default 4)');
  readonly accounts = number('--accounts', 2, ACCOUNTS_MAX, 'how many it opens (default 10000)');
  readonly distribution = Option.String('--distribution', {
    description: 'how accounts are drawn: uniform (default), or zipfian: some far more often',
    validator: isOneOf(DISTRIBUTIONS),
    env: environmentName('--distribution'),
  });
  readonly seed = number('--seed', 0, SEED_MAX, 'what is drawn begins with it (default 1)');
  readonly rate = number('--rate', 1, RATE_MAX,
    'operations a second that arrive, whatever is answered; latency counts from then on');
  readonly rounds = number('--rounds', 1, 100, 'how often f1 kills (default 5)');
  readonly port = Option.String('--port', {
    description: 'a running bank: where its frontend listens (default 8023, with --host)',
    validator: isWholeNumber(0, 65_535),
  });
  readonly host = Option.String('--host', {
    description: 'a running bank: where its frontend is (default 127.0.0.1, with --port)',
    validator: isHost(),
  });
  readonly insecure = options.insecure();
  readonly count = number('--count', 1, BACKENDS_MAX, 'backends of its own bank (default 3)');
  readonly data = Option.String('--data', {
    description: 'the directory below which its own bank has its data (default: a temporary one)',
    validator: isNotEmpty(),
  });
  readonly timeout = options.timeout('how long a request is tried (default 10s)');
  readonly json = options.flag('--json', 'one JSON object a workload, then one of the setting');

  override async execute(): Promise<number> {
    tuneHeap();
    const bank = this.#bank();
    const { workload: workloads = ALL, rate } = this;
    const unfit = workloads.find(({ kind }) => kind !== 'single');
    if (unfit !== undefined && rate !== undefined && !this.isDefault('rate', rate)) {
      throw usageError(`--rate does not go with ${unfit.name}`,
        'say which it is for: --workload w1,w2,w3,r1');
    }
    // Only now: the help does without it.
    const { benchAndTell } = await import('../bench-run.ts');
    return await benchAndTell(this.context, {
      workloads,
      bank,
      rate,
      clients: this.clients ?? CLIENTS_DEFAULT,
      batch: this.batch ?? CHUNK_OPERATIONS_MAX,
      inFlight: this.inFlight ?? IN_FLIGHT_DEFAULT,
      accounts: this.accounts ?? ACCOUNTS_DEFAULT,
      durationMs: this.duration ?? DURATION_DEFAULT_MS,
      distribution: this.distribution ?? 'uniform',
      seed: this.seed ?? SEED_DEFAULT,
      rounds: this.rounds ?? ROUNDS_DEFAULT,
      count: this.count ?? COUNT_DEFAULT,
      parent: this.data,
      timeoutMs: this.timeout,
    }, this.json);
  }

  /**
   * Undefined: one of its own. Only where a flag asks for it: an environment that says where the
   * bank is does not mean that a load is to be put on it.
   */
  #bank(): BankAddress | undefined {
    const { port, host } = this;
    if (port === undefined && host === undefined) return undefined;
    const address = { host: host ?? '127.0.0.1', port: port ?? PORT_DEFAULT };
    requireAllowedHost(address.host, this.insecure);
    requireRealPort(address.port);
    return address;
  }
}
