/**
 * The journal over a disk that keeps only what POSIX promises (compare ALICE, Pillai et al. 2014):
 * a crash at every call, of the process or of the power, and a failure of every call. All of it
 * comes before tap is loaded: it watches every promise by an async hook, and with that one takes
 * twice the time.
 */
import type { ExecutedEntry } from '../../src/core/entry.ts';
import type { Seq } from '../../src/core/ids.ts';
import { Random } from '../../src/core/random.ts';
import { FileJournal } from '../../src/host/file-journal.ts';
import { Delays, EventQueue } from '../../src/sim/event-queue.ts';
import { SimFileSystem, type DiskFaults } from '../../src/sim/sim-file-system.ts';
import { SimProcess } from '../../src/sim/sim-process.ts';
import { SMALL_SIZES } from '../../src/sim/sim-sizes.ts';
import { SimStorage } from '../../src/sim/sim-storage.ts';
import { chainOf, INCARNATION } from '../support/journal-entries.ts';

const KEPT = 5 as Seq;
/** Some segments of them; those after `KEPT` are dropped for others. */
const ENTRIES = chainOf(9, 900);
const OTHERS = [...ENTRIES.slice(0, KEPT), ...chainOf(6, 800, ENTRIES[KEPT - 1], 1)];
const SIZES = { ...SMALL_SIZES, segmentBytesMin: 8_192, segmentBytesMax: 8_192 };

/** The step of `work` that drops the tail: where most can go wrong. */
const CUT_STEP = 13;

const LOSSES = ['the process', 'the power', 'the power, some sectors stay'] as const;
type Loss = (typeof LOSSES)[number];

class Machine {
  readonly faults: DiskFaults = {
    slowMs: 0, failNext: undefined, shortNext: false, strike: undefined,
  };
  /** Durable by the journal's own word, and not to be dropped. */
  durable = 0;
  readonly #queue = new EventQueue();
  readonly #storage = new SimStorage();
  readonly #random: Random;
  #process: SimProcess | undefined;

  constructor(seed: number) {
    this.#random = new Random(seed);
  }

  /** Another process opens the journal. */
  async open(): Promise<{ readonly journal: FileJournal; readonly found: ExecutedEntry[] }> {
    const found: ExecutedEntry[] = [];
    this.#process?.end();
    const process = this.#boot();
    const journal = await this.run(FileJournal.open({
      machine: process, sizes: SIZES, directory: '/journal', incarnation: INCARNATION,
      mayBeMissing: true,
      onEntry: (entry) => found.push({ ...entry, batch: entry.batch.slice() }),
      events: {
        onSynced: (seq) => {
          if (process.alive) this.durable = seq;
        },
        onReserve: () => {}, onFailed: () => {}, onCorruption: () => {},
      },
    }));
    return { journal, found };
  }

  /** Lets the time pass that it takes; rejects with `gone` where the process ends meanwhile. */
  async run<Value>(task: Promise<Value>): Promise<Value> {
    let done = false;
    const settled = task.finally(() => (done = true));
    settled.catch(() => {});
    this.#queue.stir();
    for (let turn = 0; turn < 30 && !done; turn += 1) {
      await this.#queue.runUntil(this.#queue.nowMs + 20);
    }
    if (!done) throw new Error('gone');
    return settled;
  }

  strikeAt(calls: number, when: 'before' | 'after', loss: Loss): void {
    this.faults.strike = { calls, when, run: () => this.lose(loss) };
  }

  lose(loss: Loss): void {
    this.#process?.end();
    this.faults.strike = undefined;
    this.faults.failNext = undefined;
    if (loss === 'the power') this.#storage.losePower(() => false);
    if (loss === 'the power, some sectors stay') {
      this.#storage.losePower(() => this.#random.chance(0.5));
    }
  }

  #boot(): SimProcess {
    const delays = new Delays(this.#random, true);
    const parts = { queue: this.#queue, delays, storage: this.#storage, faults: this.faults };
    this.#process = new SimProcess(this.#queue, this.#random, (process) =>
      new SimFileSystem({ ...parts, process }));
    return this.#process;
  }
}

/** Appends, marks, drops a tail, appends others. `before` is told each step. */
async function work(machine: Machine, before: (step: number) => void = () => {}): Promise<void> {
  let step = 0;
  const next = async (run: () => Promise<void>): Promise<void> => {
    before((step += 1));
    await machine.run(run());
  };
  before(0);
  const { journal } = await machine.open();
  for (const entry of ENTRIES) {
    await next(() => append(journal, [entry]));
    if (entry.seq % 3 === 0) await next(async () => journal.mark());
  }
  machine.durable = KEPT;
  await next(() => journal.truncateAfter(KEPT));
  await next(() => append(journal, OTHERS.slice(KEPT)));
  await next(() => journal.close());
}

async function append(journal: FileJournal, entries: readonly ExecutedEntry[]): Promise<void> {
  for (const entry of entries) journal.append(entry);
  await journal.flush();
}

/** What is wrong with the journal of a machine that stopped; undefined where nothing is. */
async function judge(
  machine: Machine,
  between: Loss = 'the power',
): Promise<string | undefined> {
  try {
    const { found } = await machine.open();
    if (found.length < machine.durable) return `${found.length} of ${machine.durable} are left`;
    machine.lose(between);
    const { journal, found: again } = await machine.open();
    if (again.length !== found.length) return `${found.length} were seen, ${again.length} stayed`;
    const last = again.at(-1);
    const isOther = last !== undefined && last.hash !== ENTRIES[last.seq - 1]?.hash;
    const rest = (isOther ? OTHERS : ENTRIES).slice(again.length);
    await machine.run(append(journal, rest));
    machine.lose('the power');
    const end = (await machine.open()).found.map(({ hash }) => hash);
    const expected = (isOther ? OTHERS : ENTRIES).map(({ hash }) => hash);
    return end.join() === expected.join() ? undefined : `it ends with ${end.length} entries`;
  } catch (error) {
    return String(error);
  }
}

/** What went wrong, at whatever call; and how many calls there were until the work was done. */
interface Found {
  readonly troubles: readonly string[];
  readonly calls: number;
}

async function loseAtEveryCall(loss: Loss): Promise<Found> {
  const troubles: string[] = [];
  for (let call = 1; ; call += 1) {
    const machine = new Machine(call);
    machine.strikeAt(call, call % 2 === 0 ? 'before' : 'after', loss);
    const done = await work(machine).then(() => true, () => false);
    machine.lose(loss);
    const trouble = await judge(machine);
    if (trouble !== undefined) troubles.push(`call ${call}: ${trouble}`);
    if (done) return { troubles, calls: call };
  }
}

async function losePowerInStarts(): Promise<Found> {
  const troubles: string[] = [];
  const calls = 210;
  for (let call = 1; call <= calls; call += 1) {
    let trials = 1;
    for (let trial = 1; trial <= trials; trial += 1) {
      const machine = new Machine(1_000 * trial + call);
      machine.strikeAt(call, 'after', 'the process');
      await work(machine, (step) => {
        trials = step === CUT_STEP ? 12 : 1;
      }).catch(() => {});
      machine.strikeAt(3 + ((call + trial) % 12), 'after', 'the power, some sectors stay');
      await machine.open().catch(() => {});
      machine.lose('the process');
      const trouble = await judge(machine);
      if (trouble !== undefined) troubles.push(`call ${call}, trial ${trial}: ${trouble}`);
    }
  }
  return { troubles, calls };
}

async function failEveryCall(): Promise<Found> {
  const troubles: string[] = [];
  let calls = 0;
  for (const call of ['sync', 'write', 'name', 'read'] as const) {
    for (let step = 0; step <= 15; step += 1, calls += 1) {
      const machine = new Machine(step);
      await work(machine, (at) => {
        if (at === step) machine.faults.failNext = { call, code: 'EIO' };
      }).catch(() => {});
      machine.lose('the process');
      const trouble = await judge(machine, 'the process');
      if (trouble !== undefined) troubles.push(`a ${call} in step ${step}: ${trouble}`);
    }
  }
  return { troubles, calls };
}

const lost: (readonly [Loss, Found])[] = [];
for (const loss of LOSSES) lost.push([loss, await loseAtEveryCall(loss)]);
const inStarts = await losePowerInStarts();
const failed = await failEveryCall();
const { default: t } = await import('tap');

for (const [loss, { troubles, calls }] of lost) {
  t.test(`journal: ${loss} is lost at every call: what was durable stays`, async (t) => {
    t.same(troubles, []);
    t.ok(calls > 100, `${calls} calls`);
  });
}

t.test('journal: the power is lost in a start after a kill: what was durable stays', async (t) => {
  t.same(inStarts, { troubles: [], calls: 210 });
});

t.test('journal: a call fails once, and the process starts again: what was durable stays, '
  + 'and what comes then', async (t) => {
  t.same(failed, { troubles: [], calls: 64 });
});
