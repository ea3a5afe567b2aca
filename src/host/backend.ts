/**
 * One backend process: opens and locks its directory, recovers what it holds, connects to the
 * frontend, and hosts the participant.
 *
 * It lives one life after another on its directory: a reset by the frontend sets the files aside
 * and the next life begins as empty; damage that is met while running ends a life, and the next one
 * only waits to be reset (crash-only software, Candea and Fox 2003: one way to begin, whatever
 * happened).
 */
import { join } from 'node:path';
import type { BackendId } from '../core/ids.ts';
import { BackendLife, type LifeEnding } from './backend-life.ts';
import { DataDirectory } from './data-directory.ts';
import { EnvironmentError } from './environment-error.ts';
import { Leash } from './leash.ts';
import { formatReady, logAs, writeLine } from './log.ts';
import { tellRefusal } from './refusal.ts';
import type { BackendOptions } from './server-options.ts';
import { listenForStop } from './stop-request.ts';

export type OneBackendOptions = BackendOptions & { readonly id: number };

/** Resolves to the exit status when it was stopped. */
export async function runBackend(options: OneBackendOptions): Promise<number> {
  const signal = listenForStop();
  return tellRefusal(async () => {
    const directory = await DataDirectory.open(join(options.data, `backend-${options.id}`));
    try {
      await liveOn(options, directory, signal);
      return 0;
    } finally {
      directory.close();
    }
  });
}

async function liveOn(
  options: OneBackendOptions,
  directory: DataDirectory,
  signal: AbortSignal,
): Promise<void> {
  const { host, port, count, trace } = options;
  const name = `backend ${options.id}`;
  const log = logAs(name);
  let damage: string | undefined;
  let announced = false;
  const onInSync = (): void => {
    log('in sync');
    if (announced) return;
    announced = true;
    const ready = formatReady(name, host, port, process.pid);
    writeLine(ready);
    Leash.own()?.say(ready);
  };
  while (!signal.aborted) {
    const life = await BackendLife.begin({
      directory, id: options.id as BackendId, host, port, count, damage, log, onInSync,
      trace: trace ? log : undefined,
    });
    const ending = await life.run(signal);
    damage = await settle(ending, directory, log);
  }
}

/** What has to be done between two lives; the damage that the next one is to know of. */
async function settle(
  ending: LifeEnding,
  directory: DataDirectory,
  log: (line: string) => void,
): Promise<string | undefined> {
  switch (ending.kind) {
    case 'stopped':
      return undefined;
    case 'reset': {
      const place = await directory.setAside(ending.detail);
      log(`starts anew as empty (${ending.detail}); the old files are in ${place}`);
      return undefined;
    }
    case 'corrupt':
      log(`corrupt: ${ending.detail}`);
      return ending.detail;
    case 'refused':
      throw new EnvironmentError('foreign', ending.detail);
    case 'failed':
      throw ending.error;
  }
}
