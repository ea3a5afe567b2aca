/** Where faults are done: the bank as a client sees it, the machine, and who listens. */
import type { Client } from '../host/client.ts';
import type { ChaosWorld } from './chaos-world.ts';

export interface ChaosStage {
  readonly client: Pick<Client, 'status' | 'cut'>;
  readonly world: ChaosWorld;
  /** Aborted: whatever can be undone is undone at once. */
  readonly interrupted: AbortSignal;
  /** A line of the account of what happens. */
  say(line: string): void;
}
