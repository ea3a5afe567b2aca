/** What a coordinator is started with. */
import type { QueueBounds } from './admission.ts';
import type { ClusterId, OwnerId } from './ids.ts';
import type { FrontendStatus } from './status-report.ts';
import type { ControlRecord } from './view.ts';

export interface CoordinatorOptions {
  readonly owner: OwnerId;
  /** The cluster's id, should this bank be bootstrapped now. */
  readonly newCluster: ClusterId;
  /** What the control store holds; undefined: nothing. */
  readonly record: ControlRecord | undefined;
  readonly readTimeoutMs: number;
  readonly minInSync: number;
  /** The most bytes of writes, and of reads, in one round. */
  readonly roundBytesMax?: number | undefined;
  /** How long clients' requests may queue. */
  readonly queueBounds?: QueueBounds | undefined;
  /** How many keys are to be remembered; undefined: as many as were declared last. */
  readonly keysMax?: number | undefined;
  readonly recover: boolean;
  readonly acceptDataLoss: boolean;
  readonly chaos: boolean;
  readonly frontend: FrontendStatus;
}
