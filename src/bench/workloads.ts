/** The workloads that there are: what is asked for, by how many, and how they are called. */

/** Short names, which stand in the results. */
export type WorkloadName =
  | 'w1' | 'w2' | 'w3' | 'w4' | 'w4-keyed' | 'r1' | 'f1-backend' | 'f1-frontend';

export type SingleKind = 'update' | 'transfer' | 'query';

interface Described {
  readonly name: WorkloadName;
  /** Another name, in words. */
  readonly longName: string;
}

/** One operation a request. */
export interface SingleWorkload extends Described {
  readonly kind: 'single';
  readonly operation: SingleKind;
  /** Undefined: as many as were asked for. */
  readonly clients: 1 | undefined;
}

/** Transfers, many a request. */
export interface BulkWorkload extends Described {
  readonly kind: 'bulk';
  /** Each under an idempotency key of its own. */
  readonly isKeyed: boolean;
}

/** A process is killed under load. */
export interface FailoverWorkload extends Described {
  readonly kind: 'failover';
  readonly victim: 'backend' | 'frontend';
}

export type Workload = SingleWorkload | BulkWorkload | FailoverWorkload;

export const WORKLOADS: readonly Workload[] = [
  { name: 'w1', longName: 'update-one', kind: 'single', operation: 'update', clients: 1 },
  { name: 'w2', longName: 'update-many', kind: 'single', operation: 'update', clients: undefined },
  {
    name: 'w3', longName: 'transfer-many', kind: 'single', operation: 'transfer',
    clients: undefined,
  },
  { name: 'w4', longName: 'bulk', kind: 'bulk', isKeyed: false },
  { name: 'w4-keyed', longName: 'bulk-keyed', kind: 'bulk', isKeyed: true },
  { name: 'r1', longName: 'read-many', kind: 'single', operation: 'query', clients: undefined },
  { name: 'f1-backend', longName: 'kill-backend', kind: 'failover', victim: 'backend' },
  { name: 'f1-frontend', longName: 'kill-frontend', kind: 'failover', victim: 'frontend' },
];

/** Those that kill nothing. */
export const ALL: readonly Workload[] = WORKLOADS.filter(({ kind }) => kind !== 'failover');

/** How a run of a workload differs from another of the same. */
export interface LoadShape {
  readonly clients: number;
  /** Of bulk: operations a request, and requests under way. */
  readonly batch: number;
  readonly inFlight: number;
  /** Arrivals a second, whatever is answered; undefined: each client asks when it was answered. */
  readonly rate: number | undefined;
}

/** `64 clients, one update each at a time`. */
export function describeWorkload(workload: Workload, shape: LoadShape): string {
  const { clients, batch, inFlight, rate } = shape;
  switch (workload.kind) {
    case 'single': {
      const { operation } = workload;
      const count = clientsOf(workload, clients);
      const who = count === 1 ? 'one client' : `${count} clients`;
      if (rate !== undefined) return `${who}, ${NAMES[operation]}s at ${rate} a second`;
      return `${who}, one ${NAMES[operation]}${count === 1 ? '' : ' each'} at a time`;
    }
    case 'bulk': {
      const keyed = workload.isKeyed ? ', each under a key' : '';
      const flying = inFlight === 1 ? 'one at a time' : `${inFlight} in flight`;
      return `transfers, ${batch} a batch, ${flying}${keyed}`;
    }
    case 'failover':
      return `${clients} clients, one transfer each at a time, and the ${workload.victim} killed`;
  }
}

const NAMES: Readonly<Record<SingleKind, string>> = {
  update: 'update', transfer: 'checked transfer', query: 'linearizable read',
};

export function clientsOf(workload: SingleWorkload, asked: number): number {
  return workload.clients ?? asked;
}
