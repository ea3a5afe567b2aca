/**
 * Runs cases and counts them: on lanes beside each other, some of them on one bank, which is judged
 * when they are over. What is wrong is a finding, with the case that repeats it.
 */
import { Random } from '../../../src/core/random.ts';
import type { TrialBank } from './trial-bank.ts';

export interface Case {
  /** `joiner/kill-before/17`. */
  readonly name: string;
}

export interface MatrixOptions {
  readonly seed: number;
  readonly minutes: number;
  /** Only these rows. */
  readonly rows?: readonly string[] | undefined;
  /** Only this case. */
  readonly wanted?: string | undefined;
  /** At most so many cases of a row, evenly spread over them; all where it is left out. */
  readonly casesMax?: number | undefined;
  readonly lanes: number;
  readonly say: (line: string) => void;
}

interface Row {
  cases: number;
  done: number;
  /** Processes that were struck, or so many faults: more than one may belong to a case. */
  runs: number;
  /** The sites that were struck, and how often. */
  readonly struck: Map<string, number>;
  findings: number;
  seconds: number;
}

export interface Sweep<Chosen extends Case> {
  readonly row: string;
  readonly cases: readonly Chosen[];
  /** How many cases share one bank. */
  readonly perBank: number;
  readonly begin: (random: Random) => Promise<TrialBank>;
  /** Where it struck, if somewhere. Throws where something is wrong. */
  readonly run: (trial: TrialBank, chosen: Chosen, random: Random) => Promise<string | undefined>;
}

const NAME_WIDTH = 20;
const NUMBER_WIDTH = 10;

export class Matrix {
  readonly options: MatrixOptions;
  readonly findings: string[] = [];
  readonly #rows = new Map<string, Row>();
  readonly #endMs: number;

  constructor(options: MatrixOptions) {
    this.options = options;
    this.#endMs = performance.now() + options.minutes * 60_000;
  }

  /** Whether a row is of interest at all. */
  wants(row: string): boolean {
    const { rows, wanted } = this.options;
    if (rows !== undefined && !rows.includes(row)) return false;
    return wanted === undefined || wanted.startsWith(`${row}/`);
  }

  async sweep<Chosen extends Case>(sweep: Sweep<Chosen>): Promise<void> {
    const startedMs = performance.now();
    const { say } = this.options;
    const row = this.#rowOf(sweep.row);
    row.cases += sweep.cases.length;
    const left = this.#choose(sweep.cases);
    say(`${sweep.row}: ${left.length} of ${sweep.cases.length} cases`);
    await Promise.all(Array.from({ length: this.options.lanes }, async () => {
      while (left.length > 0 && !this.#isOver) {
        await this.#runBatch(sweep, left.splice(0, sweep.perBank), row);
        if (sweep.perBank > 1 || left.length % 20 === 0) say(`${sweep.row}: ${left.length} left`);
      }
    }));
    row.seconds += (performance.now() - startedMs) / 1000;
    say(`${sweep.row}: ${row.done} done in ${Math.round(row.seconds)} s, ${row.findings} findings`);
  }

  /** More runs than one came of a case. */
  ran(row: string, more: number): void {
    this.#rowOf(row).runs += more;
  }

  finding(row: string, text: string): void {
    this.#rowOf(row).findings += 1;
    this.findings.push(`${row}: ${text}`);
    this.options.say(`FINDING ${row}: ${text}`);
  }

  /** What, how many, what it found. */
  table(): string[] {
    const head = ['cases', 'done', 'runs', 'struck', 'sites', 'findings', 'seconds'];
    const lines = [`${'what'.padEnd(NAME_WIDTH)}${head.map(pad).join('')}`];
    for (const [name, { cases, done, runs, struck, findings, seconds }] of this.#rows) {
      const strikes = [...struck.values()].reduce((sum, each) => sum + each, 0);
      const numbers = [cases, done, runs, strikes, struck.size, findings, Math.round(seconds)];
      lines.push(`${name.padEnd(NAME_WIDTH)}${numbers.map(String).map(pad).join('')}`);
    }
    return lines;
  }

  get runs(): number {
    return [...this.#rows.values()].reduce((sum, { runs }) => sum + runs, 0);
  }

  get #isOver(): boolean {
    return performance.now() > this.#endMs;
  }

  /** In an order by seed, so that what there is no time for is spread as well. */
  #choose<Chosen extends Case>(cases: readonly Chosen[]): Chosen[] {
    const { wanted, casesMax = Infinity, seed } = this.options;
    if (wanted !== undefined) return cases.filter(({ name }) => name === wanted);
    const step = Math.max(1, cases.length / casesMax);
    const some = cases.filter((_, at) => Math.floor(at / step) !== Math.floor((at - 1) / step));
    return casesMax === Infinity ? shuffle(some, new Random(seed)) : some;
  }

  async #runBatch<Chosen extends Case>(
    { row: name, begin, run }: Sweep<Chosen>, cases: readonly Chosen[], row: Row,
  ): Promise<void> {
    const randomOf = (text: string): Random => new Random(this.options.seed + hashOf(text));
    const first = cases[0]?.name ?? name;
    let trial: TrialBank | undefined;
    let last = first;
    let wrong: string[] = [];
    try {
      trial = await begin(randomOf(first));
      for (const chosen of cases) {
        last = chosen.name;
        row.done += 1;
        row.runs += 1;
        const site = await run(trial, chosen, randomOf(last));
        if (site !== undefined) row.struck.set(site, (row.struck.get(site) ?? 0) + 1);
      }
      last = cases.length === 1 ? first : `${first} … ${last}`;
      wrong = await trial.judge();
    } catch (error) {
      wrong = [error instanceof Error ? error.message : String(error)];
    }
    await trial?.end(wrong.length > 0);
    const kept = trial === undefined ? '' : `; kept: ${trial.home}`;
    const [firstWrong] = wrong;
    if (firstWrong !== undefined) this.finding(name, `${last}: ${firstWrong}${kept}`);
  }

  #rowOf(name: string): Row {
    const row: Row = this.#rows.get(name) ?? {
      cases: 0, done: 0, runs: 0, struck: new Map<string, number>(), findings: 0, seconds: 0,
    };
    this.#rows.set(name, row);
    return row;
  }
}

export function shuffle<Item>(items: readonly Item[], random: Random): Item[] {
  const rest = [...items];
  return items.map(() => rest.splice(random.int(rest.length), 1)[0] as Item);
}

function pad(text: string): string {
  return text.padStart(NUMBER_WIDTH);
}

/** FNV-1a: a case has a generator of its own, whatever else runs. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}
