/**
 * What a seed draws before a run: how large the bank is, what clients do, and which faults there
 * are, how often. Each seed leaves some of the faults out, so that what one would hide another run
 * shows (swarm testing, Groce et al. 2012).
 */
import type { QueueBounds } from '../core/admission.ts';
import type { Random } from '../core/random.ts';
import { FAULTS, type Fault } from './faults.ts';
import type { ClientPlan } from './sim-client.ts';

/** What can be fixed by whoever runs it; the rest is still drawn. */
export interface SimOverrides {
  readonly backends?: number | undefined;
  readonly clients?: number | undefined;
  /** Of all clients together. */
  readonly operations?: number | undefined;
  readonly faults?: number | undefined;
}

export interface WeightedFault {
  readonly fault: Fault;
  readonly weight: number;
}

export interface SimOptions {
  readonly seed: number;
  readonly backends: number;
  readonly minInSync: number;
  readonly clients: readonly ClientPlan[];
  /** How many faults there are, and how far apart on average. */
  readonly faults: number;
  readonly gapMs: number;
  readonly palette: readonly WeightedFault[];
  /** How often a write of the control record brings a fault with it. */
  readonly atControlWrites: number;
  /** A message takes up to so long. */
  readonly latencyMs: number;
  readonly clockDrift: number;
  /** One round takes up to so many bytes: where it is little several are under way at once. */
  readonly roundBytesMax: number | undefined;
  /** How long requests may queue: where it is little, some are refused as BUSY. */
  readonly queueBounds: QueueBounds | undefined;
  /** How often one who could go to several frontends does not go to the newest. */
  readonly strayChance: number;
  /** After the faults everything must be well within so long (liveness). */
  readonly healMs: number;
}

/** A few requests are enough for it. */
const SHORT_QUEUE: QueueBounds = {
  waitMsMax: 10, freeCost: 0, burstCost: Infinity, bytesMax: 2_048,
};
const HEAL_MS = 6_000;
/** How many of the faults are in a palette: at times few, for what takes several in a row. */
const PALETTE_SHARES = [0.4, 0.4, 0.1];

/** All is drawn always, so that an override changes nothing else. */
export function drawOptions(seed: number, random: Random, overrides: SimOverrides): SimOptions {
  const backends = random.pick([1, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 5]);
  const clients = random.pick([1, 2, 3, 4, 4, 4, 4, 4, 4, 6]);
  const operations = 350 + random.int(300);
  // Few and far between, at times: what needs a long quiet way is reached, too.
  const isSparse = random.chance(0.15);
  const faults = isSparse ? 1 + random.int(12) : 20 + random.int(26);
  const gapMs = isSparse ? 100 + random.int(200) : 30 + random.int(120);
  const minInSync = random.chance(0.15) ? 2 : 1;
  const rest = {
    palette: drawPalette(random),
    atControlWrites: random.chance(0.4) ? 0.3 : 0,
    latencyMs: random.pick([2, 2, 2, 2, 5, 10]),
    clockDrift: random.pick([0, 0, 0.01, 0.1]),
    roundBytesMax: random.pick([undefined, undefined, undefined, 256, 1_024, 4_096]),
    strayChance: random.pick([0.05, 0.2, 0.5]),
  };
  const sizes = {
    backends: overrides.backends ?? backends,
    clients: overrides.clients ?? clients,
    operations: overrides.operations ?? operations,
    faults: overrides.faults ?? faults,
  };
  return {
    seed,
    ...sizes,
    ...rest,
    gapMs,
    minInSync: Math.min(minInSync, sizes.backends),
    clients: drawClients(random, sizes.clients, sizes.operations, sizes.faults * gapMs),
    queueBounds: random.pick([undefined, undefined, SHORT_QUEUE]),
    healMs: HEAL_MS,
  };
}

function drawPalette(random: Random): readonly WeightedFault[] {
  const share = random.pick(PALETTE_SHARES);
  const drawn = FAULTS.map((fault) => ({
    fault, isIn: random.chance(share), weight: 1 + random.int(4),
  }));
  return drawn.filter(({ isIn }) => isIn).map(({ fault, weight }) => ({ fault, weight }));
}

/** Undisturbed they are done in half of the time; outages take the rest. */
function drawClients(
  random: Random, count: number, operations: number, faultMs: number,
): readonly ClientPlan[] {
  const shortDeadlines = random.pick([0, 0, 0.02, 0.1]);
  const repeats = random.pick([0, 0.05, 0.1, 0.5]);
  const readers = random.pick([0, 0.2, 0.4]);
  const bursts = random.pick([0, 0, 0.3, 0.6]);
  const pipeliners = random.pick([0, 0, 0.2, 0.5]);
  return Array.from({ length: count }, (_, at) => {
    const own = Math.ceil((operations - at) / count);
    const pipelines = at > 0 && random.chance(pipeliners);
    return {
      pipelines,
      window: random.pick([1, 2, 4, 8]),
      keys: random.chance(0.5) && !pipelines,
      bulk: random.chance(0.3) && !pipelines,
      movements: random.chance(0.5) && !pipelines,
      quits: random.chance(0.3) && !pipelines,
      onlyReads: at > 0 && random.chance(readers) && !pipelines,
      bursts,
      operations: Math.max(0, own),
      thinkMs: Math.max(0.5, (faultMs * 0.5) / Math.max(1, own)),
      shortDeadlines,
      repeats,
    };
  });
}

/** By weight. */
export function pickFault(palette: readonly WeightedFault[], random: Random): Fault | undefined {
  const total = palette.reduce((sum, { weight }) => sum + weight, 0);
  let left = random.int(Math.max(1, total));
  for (const { fault, weight } of palette) {
    if (left < weight) return fault;
    left -= weight;
  }
  return undefined;
}

/** One readable block. */
export function describeOptions(options: SimOptions): string[] {
  const { seed, backends, minInSync, clients, faults, gapMs, palette } = options;
  const operations = clients.reduce((sum, client) => sum + client.operations, 0);
  const [first] = clients;
  const control = `${percent(options.atControlWrites)} of the writes of the control record`;
  return [
    `seed        ${seed}`,
    `backends    ${backends}, min-in-sync ${minInSync}`,
    `network     messages take up to ${options.latencyMs} ms,`
      + ` ${percent(first?.repeats ?? 0)} of the requests come again late`,
    `rounds      of at most ${options.roundBytesMax ?? 'any'} bytes`,
    `queue       of at most ${options.queueBounds?.bytesMax ?? 'any'} bytes`,
    `clocks      wrong by up to ${percent(options.clockDrift)}`,
    `clients     ${clients.length}, ${operations} operations,`
      + ` ${percent(first?.shortDeadlines ?? 0)} with a short deadline`,
    ...clients.map((client, at) => `  client ${at + 1}  ${describeClient(client)}`),
    `faults      ${faults}, every ${gapMs} ms, and at ${control}`,
    ...palette.map(({ fault, weight }) => `  weight ${weight}  ${fault.name}`),
    `liveness    all well within ${options.healMs} ms after the faults`,
  ];
}

function describeClient(plan: ClientPlan): string {
  const { operations, window, keys, bulk, quits, thinkMs, onlyReads, pipelines } = plan;
  const writes = (keys ? ', keys' : '') + (bulk ? ', bulk' : '') + (quits ? ', quits' : '');
  const does = onlyReads ? ', only reads' : writes;
  const atATime = pipelines ? 'one behind the other' : `${window} at a time`;
  return `${operations} operations, ${atATime}, pauses of ${thinkMs.toFixed(0)} ms${does}`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
