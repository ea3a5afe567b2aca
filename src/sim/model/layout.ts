/** Where the parts of a state are in its row of words; each part is a number of something. */

/** At most two coordinators live in a run, two backends at a time. */
export const COORDINATORS = [0, 1] as const;
export const BACKENDS = [0, 1] as const;

export const WORD = {
  /** Of each coordinator: its state; 0 before its birth, DEAD after its death. */
  coordinator: 0,
  /** Of each backend, four words on from the one before: its process; 0 where it is down. */
  process: 2,
  disk: 3,
  errands: 4,
  link: 5,
  control: 10,
  past: 11,
  /** What may still go wrong: three bits each. */
  budget: 12,
} as const;

export const BACKEND_WORDS = 4;
export const ROW_WORDS = 13;
export const DEAD = -1;

/** What may go wrong, or be asked for, so many times; the place of each in the budget. */
export const BUDGETS = [
  'faults', 'crashes', 'cuts', 'wipes', 'frontendCrashes', 'failedWrites', 'ticks', 'writes',
  'reads',
] as const;
export type Budget = (typeof BUDGETS)[number];
/** Each of these also counts as one of `faults`. */
export const FAULTS: ReadonlySet<Budget> = new Set<Budget>([
  'crashes', 'cuts', 'wipes', 'frontendCrashes', 'failedWrites',
]);
const BUDGET_BITS = 3;
const BUDGET_MAX = 7;

const SHIFTS = Object.fromEntries(
  BUDGETS.map((name, at) => [name, BUDGET_BITS * at]),
) as Readonly<Record<Budget, number>>;

export function packBudget(of: Readonly<Record<Budget, number>>): number {
  let packed = 0;
  for (const name of BUDGETS) {
    if (of[name] > BUDGET_MAX) throw new Error(`at most ${BUDGET_MAX} ${name}`);
    packed |= of[name] << SHIFTS[name];
  }
  return packed;
}

export function left(packed: number, name: Budget): number {
  return (packed >> SHIFTS[name]) & BUDGET_MAX;
}

export function may(packed: number, name: Budget): boolean {
  return left(packed, name) > 0 && !(FAULTS.has(name) && left(packed, 'faults') === 0);
}

/** One less; where no fault may follow, all that were allowed are alike. */
export function spend(packed: number, name: Budget): number {
  const spent = packed - (1 << SHIFTS[name]);
  if (!FAULTS.has(name)) return spent;
  const faults = spent - (1 << SHIFTS.faults);
  return left(faults, 'faults') > 0 ? faults : faults & ~FAULT_BITS;
}

const FAULT_BITS = [...FAULTS].reduce((bits, name) => bits | (BUDGET_MAX << SHIFTS[name]), 0);
