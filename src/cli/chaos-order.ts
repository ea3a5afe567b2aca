/** The one fault that the flags of `bankd chaos` order. */
import {
  destroysData, lasts, type CutMode, type FaultKind, type FaultOrder,
} from '../chaos/fault.ts';
import { notAllowed, usageError } from './cli-error.ts';
import { missingOption } from './options.ts';

/** Each fault as it was given: how many backends, or whether. */
export interface ChaosFlags {
  readonly faults: Readonly<Record<FaultKind, number | boolean | undefined>>;
  readonly backend: number | undefined;
  readonly forMs: number | undefined;
  readonly mode: CutMode | undefined;
  readonly yesReally: boolean;
  /** A workload is to see it: `--for` may be how long that lasts. */
  readonly isInPlan: boolean;
  /** What the environment says: it need not mean anything to the fault. */
  readonly defaults?: { readonly for: boolean; readonly mode: boolean };
}

const FOR_MS = 5_000;

/** Throws CliError. */
export function readChaosOrder(flags: ChaosFlags): FaultOrder {
  const { backend, mode, forMs = FOR_MS } = flags;
  const [kind, given] = onlyFault(flags);
  requireFitting(kind, flags);
  if (destroysData(kind) && !flags.yesReally) {
    throw notAllowed(`--${kind} ${WHY[kind]}`, 'say --yes-really to do it');
  }
  return { kind, count: given === true ? 1 : given, backend, forMs, mode };
}

const WHY: Readonly<Partial<Record<FaultKind, string>>> = {
  corrupt: "damages a backend's data: it is lost where no other has it",
  wipe: "deletes a backend's data: it is lost where no other has it",
  all: 'ends the whole service at once',
};

/** How many faults were asked for. */
export function countFaults(faults: ChaosFlags['faults']): number {
  return givenFaults(faults).length;
}

type GivenFault = readonly [FaultKind, number | true];

function givenFaults(faults: ChaosFlags['faults']): readonly GivenFault[] {
  return Object.entries(faults)
    .filter(([, value]) => value !== undefined && value !== false) as GivenFault[];
}

function onlyFault({ faults }: ChaosFlags): GivenFault {
  const [first, second] = givenFaults(faults);
  if (first === undefined) throw missingOption('--kill N, --pause N or another fault');
  if (second === undefined) return first;
  throw usageError(`--${first[0]} and --${second[0]} are two faults: one at a time`);
}

/** Flags that mean nothing to the fault are refused: whoever gives them expects something. */
function requireFitting(kind: FaultKind, flags: ChaosFlags): void {
  const { backend, forMs, mode, isInPlan, defaults } = flags;
  if (mode !== undefined && kind !== 'cut' && defaults?.mode !== true) {
    throw usageError('--mode is how --cut cuts');
  }
  if (forMs !== undefined && !lasts(kind) && !isInPlan && defaults?.for !== true) {
    throw usageError(`--for does not go with --${kind}, which is done at once`);
  }
  if (backend !== undefined && (kind === 'frontend' || kind === 'all')) {
    throw usageError(`--backend does not go with --${kind}`);
  }
}
