/** One seeded run: faults for a while, then healing, one more silence, then the verdict. */
import { Random } from '../core/random.ts';
import type { BankClient } from './bank-client.ts';
import type { Fault } from './faults.ts';
import { contradictions } from './judgement.ts';
import type { Observed } from './observed.ts';
import { outlive } from './outlive.ts';
import { PipeliningClient } from './pipelining-client.ts';
import { settle } from './settle.ts';
import { SimClient } from './sim-client.ts';
import { SimCluster } from './sim-cluster.ts';
import { drawOptions, pickFault, type SimOptions, type SimOverrides } from './sim-options.ts';
import { StrayErrors } from './stray-errors.ts';
import { Commons, Workload } from './workload.ts';

export interface Verdict {
  /** What the seed drew. */
  readonly options: SimOptions;
  /** Each fault that struck, and when. */
  readonly faults: readonly string[];
  /** What must hold and did not; empty where all is well. */
  readonly found: readonly string[];
  /** Operations by what became of them. */
  readonly answered: number;
  readonly refused: number;
  readonly unknown: number;
  /** How long it was, in made-up time. */
  readonly simulatedMs: number;
  readonly traceHash: number;
}

export interface Watch {
  onNote?(atMs: number, line: string): void;
  onMessage?(atMs: number, ...message: Parameters<NonNullable<SimCluster['onMessage']>>): void;
}

const START_MS = 300;
/** It takes a third of the time of a run: not every one has it. */
const OUTLIVE_SHARE = 0.25;

export async function simulate(
  seed: number, overrides: SimOverrides = {}, watch: Watch = {},
): Promise<Verdict> {
  const random = new Random(seed);
  const options = drawOptions(seed, random, overrides);
  const cluster = new SimCluster(random, {
    count: options.backends, minInSync: options.minInSync, latencyMs: options.latencyMs,
    clockDrift: options.clockDrift, roundBytesMax: options.roundBytesMax,
    queueBounds: options.queueBounds, strayChance: options.strayChance,
    scrubs: options.palette.some(({ fault }) => fault.rots === true),
  });
  using _strays = new StrayErrors((error) => cluster.invariants.onBug('a backend', error));
  attach(watch, cluster);
  const clients = makeClients(options, cluster, random);
  const faults: string[] = [];
  const found: string[] = [];
  try {
    await begin(cluster, clients);
    await strikeAll(options, cluster, clients, random, faults);
    found.push(...(await settle(cluster, clients, options.healMs)));
    const isWell = found.length === 0 && cluster.invariants.found.length === 0;
    if (isWell && random.chance(OUTLIVE_SHARE)) {
      found.push(...(await outlive(cluster, clients, random)));
      found.push(...(await settle(cluster, clients, options.healMs)));
    }
  } catch (error) {
    // An assertion of the core: a bug that shows itself.
    found.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  const history = clients.flatMap((client) => client.history);
  found.unshift(...cluster.invariants.found);
  if (found.length === 0) found.push(...judge(cluster, history));
  return {
    options, faults, found, ...countOutcomes(history),
    simulatedMs: cluster.queue.nowMs, traceHash: cluster.traceHash.value,
  };
}

function attach(watch: Watch, cluster: SimCluster): void {
  const { onNote, onMessage } = watch;
  if (onNote !== undefined) {
    cluster.onNote = (line) => onNote(cluster.queue.nowMs, line);
    cluster.onDetail = (line) => onNote(cluster.queue.nowMs, line);
    cluster.traceLine = (line) => onNote(cluster.queue.nowMs, `frontend: ${line}`);
  }
  if (onMessage !== undefined) {
    cluster.onMessage = (from, to, message) => onMessage(cluster.queue.nowMs, from, to, message);
  }
}

function makeClients(options: SimOptions, cluster: SimCluster, random: Random): BankClient[] {
  const commons = new Commons();
  return options.clients.map((plan, at) => {
    const workload = new Workload(random, plan, commons);
    const Client = plan.pipelines ? PipeliningClient : SimClient;
    return new Client(cluster, at + 1, plan, workload);
  });
}

async function begin(cluster: SimCluster, clients: readonly BankClient[]): Promise<void> {
  cluster.startFrontend();
  for (const backend of cluster.backends) backend.start();
  for (const client of clients) client.start();
  await cluster.queue.runUntil(START_MS);
}

/** Until all have struck. */
async function strikeAll(
  options: SimOptions, cluster: SimCluster, clients: readonly BankClient[], random: Random,
  struck: string[],
): Promise<void> {
  const { palette, gapMs, faults, atControlWrites } = options;
  const endMs = cluster.queue.nowMs + 1.5 * faults * gapMs;
  const isOver = (): boolean => struck.length >= faults || cluster.queue.nowMs >= endMs;
  const strike = (fault: Fault | undefined): void => {
    if (fault === undefined || cluster.isHit) return;
    struck.push(`${cluster.queue.nowMs.toFixed(1)} ${fault.name}`);
    cluster.note(`FAULT ${fault.name}`);
    fault.run(cluster, random.pick(cluster.backends), random, clients);
  };
  cluster.store.onWriting = () => {
    if (isOver() || !random.chance(atControlWrites)) return;
    cluster.queue.after(random.next() * 5, () => strike(pickFault(palette, random)));
  };
  while (!isOver()) {
    await cluster.queue.runUntil(cluster.queue.nowMs + random.next() * 2 * gapMs);
    if (!isOver()) strike(pickFault(palette, random));
  }
  cluster.store.onWriting = undefined;
}

function judge(cluster: SimCluster, history: readonly Observed[]): string[] {
  const found: string[] = [];
  const journals = cluster.backends.map((backend) => backend.journal.entries);
  const [journal = []] = journals;
  for (const other of journals) {
    if (other.at(-1)?.hash !== journal.at(-1)?.hash) found.push('journals differ at the end');
  }
  for (const { seq, hash } of journal) {
    const decided = cluster.invariants.decidedAt(seq);
    if (decided !== undefined && decided !== hash) found.push(`decided ${seq} has vanished`);
  }
  if (journal.length < cluster.invariants.decidedSeq) found.push('decided entries have vanished');
  const states = cluster.backends.map(({ participant }) => participant?.ledger.stateDigest);
  if (new Set(states).size > 1) found.push('the accounts differ at the end');
  found.push(...contradictions(history, journal, cluster.sizes.ledgerLimits));
  return found;
}

function countOutcomes(
  history: readonly Observed[],
): Pick<Verdict, 'answered' | 'refused' | 'unknown'> {
  const count = (outcome: Observed['outcome']): number =>
    history
      .filter((observed) => observed.outcome === outcome)
      .reduce((sum, { operations }) => sum + operations.length, 0);
  return { answered: count('answered'), refused: count('refused'), unknown: count('unknown') };
}
