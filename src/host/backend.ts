/**
 * One backend process: opens and locks its directory, recovers what it holds, connects to the
 * frontend, and hosts the participant. Its lives are those of `backend-lives.ts`.
 */
import { resolve } from 'node:path';
import type { BackendId } from '../core/ids.ts';
import { BackendLife } from './backend-life.ts';
import { liveOn } from './backend-lives.ts';
import { DataDirectory } from './data-directory.ts';
import { FrontendLink } from './frontend-link.ts';
import { tuneHeap } from './heap.ts';
import { Leash } from './leash.ts';
import { formatReady, logAs, writeLine } from './log.ts';
import { nodeMachine } from './node-machine.ts';
import { tellRefusal } from './refusal.ts';
import type { BackendOptions } from './server-options.ts';
import { SIZES } from './sizes.ts';
import { listenForStop } from './stop-request.ts';

const CONNECT_TIMEOUT_MS = 1_000;

/** Resolves to the exit status when it was stopped. */
export async function runBackend(options: BackendOptions): Promise<number> {
  tuneHeap();
  const signal = listenForStop();
  return tellRefusal(async () => {
    const path = resolve(options.data, `backend-${options.id}`);
    const directory = await DataDirectory.open(path, nodeMachine);
    try {
      await live(options, directory, signal);
      return 0;
    } finally {
      directory.close();
    }
  });
}

async function live(
  options: BackendOptions,
  directory: DataDirectory,
  signal: AbortSignal,
): Promise<void> {
  const { host, port, count, trace } = options;
  const name = `backend ${options.id}`;
  const log = logAs(name);
  let announced = false;
  const onInSync = (): void => {
    log('in sync');
    if (announced) return;
    announced = true;
    const ready = formatReady(name, host, port, process.pid);
    writeLine(ready);
    Leash.own()?.say(ready);
  };
  const begin = (damage: string | undefined): Promise<BackendLife> => BackendLife.begin({
    machine: nodeMachine, sizes: SIZES, directory, id: options.id as BackendId, host, port, count,
    pid: process.pid, damage, log, onInSync, trace: trace ? log : undefined,
    connect: (events) => new FrontendLink(
      events, { host, port, connectTimeoutMs: CONNECT_TIMEOUT_MS },
    ),
  });
  await liveOn(begin, directory, log, signal);
}
