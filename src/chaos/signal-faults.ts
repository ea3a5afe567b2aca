/** Faults by signals to processes: killed (SIGKILL), or stopped for a while (SIGSTOP, SIGCONT). */
import type { StatusReport } from '../host/status-report.ts';
import { ChaosError } from './chaos-error.ts';
import type { ChaosStage } from './chaos-stage.ts';
import type { ChaosWorld } from './chaos-world.ts';
import { watchOf } from './status-watch.ts';
import { isPid, requireBackend, requireChaos, type Victim } from './victims.ts';

export function kill(victims: readonly Victim[], stage: ChaosStage): void {
  for (const victim of victims) {
    requireBackend(victim, stage.world);
    const wasThere = stage.world.send(victim.pid, 'SIGKILL');
    watchOf(stage).onKilled(victim.id, victim.pid);
    stage.say(`${wasThere ? 'killed' : 'gone already:'} backend ${victim.id} (pid ${victim.pid})`);
  }
}

/** Whoever was stopped goes on again, however this ends. */
export async function pause(
  victims: readonly Victim[],
  forMs: number,
  stage: ChaosStage,
): Promise<void> {
  const { world, say, interrupted } = stage;
  const stopped: Victim[] = [];
  const resume = (): void => {
    for (const { pid } of stopped) world.send(pid, 'SIGCONT');
  };
  // Also when a second signal ends this process at once.
  process.once('exit', resume);
  try {
    watchOf(stage).onSlowFault();
    for (const victim of victims) {
      requireBackend(victim, world);
      stopped.push(victim);
      world.send(victim.pid, 'SIGSTOP');
      say(`paused backend ${victim.id} (pid ${victim.pid}) for ${forMs / 1000} s`);
    }
    await watchOf(stage).during(forMs);
  } finally {
    resume();
    process.off('exit', resume);
  }
  const ids = victims.map(({ id }) => id).join(', ');
  say(`resumed backend ${ids}${interrupted.aborted ? ' (interrupted)' : ''}`);
}

export function killFrontend(pid: number, stage: ChaosStage): void {
  const isRestarted = isSupervised(pid, stage.world);
  const wasThere = stage.world.send(pid, 'SIGKILL');
  watchOf(stage).onKilled(0, pid);
  stage.say(`${wasThere ? 'killed' : 'gone already:'} the frontend (pid ${pid})`);
  if (!isRestarted) stage.say('nothing starts it again: `bankd frontend` does');
}

/** The frontend's process, where it is one of this machine. Throws ChaosError. */
export function chooseFrontend(report: StatusReport, world: ChaosWorld): number {
  requireChaos(report);
  const { pid } = report.frontend;
  if (!isPid(pid)) throw new ChaosError('refused', 'the frontend does not tell its process');
  const commandLine = world.commandLine(pid);
  if (commandLine === undefined || /bankd.* frontend\b/.test(commandLine)) return pid;
  throw new ChaosError(
    'not-allowed', `process ${pid} of this machine is not the frontend`, 'run bankd chaos there',
  );
}

/** By `bankd up`. Where the system does not tell, it may be. */
function isSupervised(pid: number, world: ChaosWorld): boolean {
  const parent = world.parentOf(pid);
  const commandLine = parent === undefined ? undefined : world.commandLine(parent);
  return commandLine === undefined || /bankd.* up\b/.test(commandLine);
}
