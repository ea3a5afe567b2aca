/** `bankd sim`: the real bank under made-up time, network, disks and faults, a seed at a time. */
import { availableParallelism } from 'node:os';
import { Option } from 'clipanion';
import { BACKENDS_MAX } from '../../core/ids.ts';
import type { SimOverrides } from '../../sim/sim-options.ts';
import { usageError } from '../cli-error.ts';
import { BankdCommand, type Usage } from '../command.ts';
import { EXIT, exitStatusOfSignal } from '../exit-status.ts';
import { environmentName, options } from '../options.ts';
import { Interruption } from '../signals.ts';
import { formatOutcomes, SimProgress } from '../sim-progress.ts';
import type { SeedRange, SeedResult } from '../sim-seeds.ts';
import { isWholeNumber } from '../validators.ts';

/** What may be asked for that does not go with everything. */
type Choice =
  | 'seed' | 'seeds' | 'first' | 'forever' | 'jobs'
  | 'backends' | 'clients' | 'operations' | 'faults';

const SEEDS_DEFAULT = 1_000;
/** What the generator of random numbers can tell apart. */
const SEED_MAX = 4_294_967_295;

function number(flag: string, min: number, max: number, description: string) {
  const validator = isWholeNumber(min, max);
  return Option.String(flag, { description, validator, env: environmentName(flag) });
}

export class SimCommand extends BankdCommand {
  static override readonly paths = [['sim']];
  static override readonly about: Usage = {
    description: 'the real bank under made-up time, network, disks and faults',
    details:
      'A seed is a run: it draws the bank, its clients and the faults, and gives the same run\n' +
      'again to whoever asks. It stops at the first seed that breaks what must hold, with exit\n' +
      'status 5, the end of its trace, and the command that repeats it.',
    examples: [
      ['ten thousand runs, each with other faults', 'bankd sim --seeds 10000'],
      ['one of them again, every event of it', 'bankd sim --seed 42 --trace'],
      ['until Ctrl-C or a finding, on 4 cores', 'bankd sim --forever --jobs 4'],
      ['many small runs of a small bank', 'bankd sim --seeds 5000 --backends 2 --operations 50'],
      ['every state of two backends, with a fault', 'bankd sim --exhaustive'],
    ],
  };

  readonly seeds = number('--seeds', 1, SEED_MAX, `how many (default ${SEEDS_DEFAULT})`);
  readonly first = number('--first', 0, SEED_MAX, 'the first of them (default 1)');
  readonly seed = number('--seed', 0, SEED_MAX, 'this one alone, with all that it drew');
  readonly trace = options.flag('--trace', 'with --seed: every event, a line each');
  readonly forever = options.flag('--forever', 'seed after seed until Ctrl-C or a finding');
  readonly exhaustive = options.flag(
    '--exhaustive', 'no seeds: every state of the smallest banks, counted');
  readonly jobs = number('--jobs', 1, 256, 'processes (default: one a core, but one)');
  readonly json = options.flag('--json', 'one JSON object a seed');
  readonly backends = number('--backends', 1, BACKENDS_MAX, 'so many, not drawn');
  readonly clients = number('--clients', 1, 100, 'so many, not drawn');
  readonly operations = number('--operations', 1, 1_000_000, 'of all clients, not drawn');
  readonly faults = number('--faults', 0, 10_000, 'so many, not drawn');

  override async execute(): Promise<number> {
    if (this.exhaustive) return this.#exploreAll();
    const overrides = this.#overrides();
    const isMany = this.forever || this.#isAskedFor('seeds') || this.#isAskedFor('first');
    const { seed } = this;
    const isOne = seed !== undefined && !(isMany && this.isDefault('seed', seed));
    if (!isOne) return this.#runMany(this.#range(), overrides);
    this.#refuseBeside('--seed', ['seeds', 'first', 'forever']);
    return this.#runOne(seed, overrides);
  }

  // The simulator is loaded only where it runs: no other command has to wait for it.

  async #exploreAll(): Promise<number> {
    if (this.trace) throw usageError('--trace shows one seed: give it with --seed N');
    this.#refuseBeside('--exhaustive', [
      'seed', 'seeds', 'first', 'forever', 'jobs', 'backends', 'clients', 'operations', 'faults',
    ]);
    const { exploreModels } = await import('../sim-exhaustive.ts');
    return exploreModels(this.context, this.json);
  }

  async #runOne(seed: number, overrides: SimOverrides): Promise<number> {
    if (this.json && this.trace) throw usageError('--json has no trace: leave out --trace or it');
    const { reportSeed } = await import('../sim-report.ts');
    const say = (line: string): void => this.#print(line);
    const result = await reportSeed(seed, overrides, this.trace, this.json ? () => {} : say);
    if (this.json) this.#print(JSON.stringify(result));
    return result.ok ? EXIT.done : EXIT.integrity;
  }

  async #runMany(range: SeedRange, overrides: SimOverrides): Promise<number> {
    using interruption = new Interruption();
    const { signal } = interruption;
    const jobs = Math.min(this.jobs ?? Math.max(1, availableParallelism() - 1), range.count);
    const results = jobs > 1
      ? (await import('../sim-jobs.ts')).seedsInChildren(range, jobs, overrides, signal)
      : (await import('../sim-seeds.ts')).seedsHere(range, overrides, signal);
    const total = new Total();
    const broken = await this.#follow(results, range.count, total);
    if (broken !== undefined) return this.#onBroken(broken, overrides, total);
    if (!this.json) this.#print(total.sentence());
    return signal.aborted ? exitStatusOfSignal(Number(signal.reason)) : EXIT.done;
  }

  /** The first that broke what must hold; undefined where none did. */
  async #follow(
    results: AsyncIterable<SeedResult>, count: number, total: Total,
  ): Promise<SeedResult | undefined> {
    let isOutputGone = false;
    this.context.stdout.once('error', () => (isOutputGone = true));
    using progress = new SimProgress(this.context, count);
    for await (const result of results) {
      total.add(result);
      if (this.json) this.#print(JSON.stringify(result));
      else progress.show(total.seeds);
      if (!result.ok) return result;
      if (isOutputGone) break;
    }
    return undefined;
  }

  async #onBroken(
    { seed }: SeedResult, overrides: SimOverrides, total: Total,
  ): Promise<number> {
    if (this.json) return EXIT.integrity;
    this.#print(`seed ${seed} breaks what must hold; ${total.seeds} seeds were run`);
    this.#print('');
    const { reportSeed } = await import('../sim-report.ts');
    await reportSeed(seed, overrides, false, (line) => this.#print(line));
    return EXIT.integrity;
  }

  #range(): SeedRange {
    if (this.trace) throw usageError('--trace shows one seed: give it with --seed N');
    if (this.forever) this.#refuseBeside('--forever', ['seeds']);
    const first = this.first ?? 1;
    if (this.forever) return { first, count: Infinity };
    const count = this.seeds ?? SEEDS_DEFAULT;
    if (first + count - 1 > SEED_MAX) throw usageError(`the largest seed is ${SEED_MAX}`);
    return { first, count };
  }

  #refuseBeside(flag: string, others: readonly Choice[]): void {
    const other = others.find((name) => this.#isAskedFor(name));
    if (other !== undefined) throw usageError(`${flag} and --${other} exclude each other`);
  }

  #isAskedFor(name: Choice): boolean {
    const value = this[name];
    if (typeof value === 'boolean') return value;
    return value !== undefined && !this.isDefault(name, value);
  }

  #overrides(): SimOverrides {
    const { backends, clients, operations, faults } = this;
    return { backends, clients, operations, faults };
  }

  #print(line: string): void {
    this.context.stdout.write(`${line}\n`);
  }
}

/** What all seeds come to. */
class Total {
  seeds = 0;
  #answered = 0;
  #refused = 0;
  #unknown = 0;
  #faults = 0;

  add({ answered, refused, unknown, faults }: SeedResult): void {
    this.seeds += 1;
    this.#answered += answered;
    this.#refused += refused;
    this.#unknown += unknown;
    this.#faults += faults;
  }

  sentence(): string {
    const outcomes = { answered: this.#answered, refused: this.#refused, unknown: this.#unknown };
    return `${this.seeds} seeds, nothing that must hold was broken: ${this.#faults} faults,` +
      ` ${formatOutcomes(outcomes)}`;
  }
}
