/**
 * One fault on a running bank: whom it is done to, what is done, and how it is undone.
 *
 * Keeps true: what can be undone is undone, however this ends; nothing is done to a bank that was
 * started with --no-chaos.
 */
import type { StatusReport } from '../host/status-report.ts';
import type { ChaosStage } from './chaos-stage.ts';
import { cut } from './cut.ts';
import { corrupt, fillDisk, requireSmallDisk, wipe } from './disk-faults.ts';
import type { FaultOrder } from './fault.ts';
import { chooseFrontend, kill, killFrontend, pause } from './signal-faults.ts';
import { watchOf } from './status-watch.ts';
import {
  checkVictim, chooseBackends, chooseHolders, chooseVictims, requireCopyBeside, type Holder,
} from './victims.ts';

export type { ChaosStage } from './chaos-stage.ts';

/**
 * Strikes, says what it does, undoes after `forMs` what can be undone. Resolves when the fault is
 * over, not when the backends are back. Throws ChaosError for what can't or must not be done.
 */
export async function inject(order: FaultOrder, stage: ChaosStage): Promise<void> {
  const watch = watchOf(stage);
  const report = await watch.begin();
  const strike = await prepare(order, report, stage);
  watch.show(report);
  await strike();
}

/** Watches the status array until the bank is whole again; false where patience ends before. */
export async function untilWhole(stage: ChaosStage, patienceMs: number): Promise<boolean> {
  return watchOf(stage).untilWhole(patienceMs);
}

/** Everything that can be refused is refused before anything is done. */
async function prepare(
  order: FaultOrder,
  report: StatusReport,
  stage: ChaosStage,
): Promise<() => void | Promise<void>> {
  const { kind, forMs, mode = 'both' } = order;
  const { world } = stage;
  switch (kind) {
    case 'kill': {
      const victims = chooseVictims(report, order, world);
      return () => kill(victims, stage);
    }
    case 'pause': {
      const victims = chooseVictims(report, order, world);
      return () => pause(victims, forMs, stage);
    }
    case 'cut': {
      const ids = chooseBackends(report, order, world).map(({ id }) => id);
      return () => cut(ids, mode, forMs, stage);
    }
    case 'corrupt': {
      const victims = await chooseExpendable(order, report, stage);
      return () => corrupt(victims, stage);
    }
    case 'wipe': {
      const victims = await chooseExpendable(order, report, stage);
      return () => wipe(victims, stage);
    }
    case 'disk-full': {
      const victims = await chooseHolders(report, order, world);
      for (const victim of victims) requireSmallDisk(victim, stage);
      return () => fillDisk(victims, forMs, stage);
    }
    case 'frontend': {
      const pid = chooseFrontend(report, world);
      return () => killFrontend(pid, stage);
    }
    case 'all': {
      const pid = chooseFrontend(report, world);
      const running = report.backends.filter((backend) => typeof backend.pid === 'number');
      const victims = running.map((backend) => checkVictim(backend, world));
      return () => {
        killFrontend(pid, stage);
        kill(victims, stage);
      };
    }
  }
}

/** Whose data another one has, too. */
async function chooseExpendable(
  order: FaultOrder,
  report: StatusReport,
  { world }: ChaosStage,
): Promise<readonly Holder[]> {
  const victims = await chooseHolders(report, order, world);
  requireCopyBeside(victims, report);
  return victims;
}
