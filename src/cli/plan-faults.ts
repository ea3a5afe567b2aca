/** The faults that a plan may order, done to the bank that a client is connected to. */
import type { FaultStage, Inject } from '../chaos/fault-runner.ts';
import { pause } from '../chaos/pause.ts';
import type { BankClient } from './bank-client.ts';
import { realWorld } from './chaos-world.ts';
import { runChaos } from './chaos.ts';
import { CliError } from './cli-error.ts';
import { EXIT } from './exit-status.ts';
import { fetchStatus } from './interpreter.ts';

const POLL_MS = 100;

export interface PlanFaults {
  readonly inject: Inject;
  readonly untilWhole: (patienceMs: number, stage: FaultStage) => Promise<boolean>;
}

/** `random` chooses who is taken. */
export function planFaults(client: BankClient, random: () => number): PlanFaults {
  const world = { ...realWorld, random };
  return {
    inject: async (order, stage) => {
      const { kind: fault, count, backend, forMs } = order;
      if (fault !== 'kill' && fault !== 'pause') {
        throw new CliError(EXIT.refused, `${fault} is not among the faults yet`);
      }
      await runChaos({ fault, count, backend, forMs }, { client, world, ...stage });
    },
    untilWhole: async (patienceMs, { interrupted }) => {
      const endMs = performance.now() + patienceMs;
      while (!interrupted.aborted && performance.now() < endMs) {
        const report = await fetchStatus(client, 1_000);
        if (report !== undefined && report.status.every((bit) => bit === 1)) return true;
        await pause(POLL_MS, interrupted);
      }
      return false;
    },
  };
}
