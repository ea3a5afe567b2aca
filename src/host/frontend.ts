/**
 * `bankd frontend`: the process that hosts the coordinator. It listens, keeps the control record in
 * a locked directory, gives the core its messages and ticks, and carries out what the core asks
 * for.
 *
 * One turn of the event loop reads many frames, hands them to the core, and ends in one `flush`,
 * where the core forms its batches (group commit); what is sent leaves in one write for each
 * connection.
 */
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { resolve } from 'node:path';
import { Coordinator } from '../core/coordinator.ts';
import type { CoordinatorHost, StopReason } from '../core/effect.ts';
import type { ClusterId, OwnerId } from '../core/ids.ts';
import type { ControlRecord } from '../core/view.ts';
import { aborted } from './aborted.ts';
import { ChaosRelay } from './chaos-relay.ts';
import { readClock } from './clock.ts';
import { DataDirectory } from './data-directory.ts';
import { flushAtEndOfTurn, type Flushable } from './end-of-turn.ts';
import { EnvironmentError } from './environment-error.ts';
import { FileControlStore } from './file-control-store.ts';
import { tuneHeap } from './heap.ts';
import { Leash } from './leash.ts';
import { listen } from './listener.ts';
import { formatReady, logAs, writeLine, type Log } from './log.ts';
import { nodeMachine } from './node-machine.ts';
import type { ControlStore } from './ports.ts';
import { Reception } from './reception.ts';
import { sayNoRestart, tellRefusal } from './refusal.ts';
import type { FrontendOptions } from './server-options.ts';
import { takeOver } from './socket-input.ts';
import { listenForStop } from './stop-request.ts';

const TICK_MS = 10;
/** What a clean stop may take of the 2 s; then the process ends as if it were killed. */
const STOP_PATIENCE_MS = 600;
const INTEGRITY_STATUS = 5;

/** Resolves to the exit status. */
export async function runFrontend(options: FrontendOptions): Promise<number> {
  tuneHeap();
  const signal = listenForStop();
  return tellRefusal(async () => {
    const directory = await DataDirectory.open(directoryOf(options), nodeMachine);
    try {
      const store = new FileControlStore(directory, nodeMachine.io);
      return await serve(options, store, signal);
    } finally {
      directory.close();
    }
  });
}

async function serve(
  options: FrontendOptions,
  store: ControlStore,
  signal: AbortSignal,
): Promise<number> {
  const { host } = options;
  const record = await store.load();
  const onSocket = (socket: Socket): void => frontend.reception.onAccepted(takeOver(socket));
  const listener = await listen(host, options.port, onSocket);
  const frontend = new Frontend({ ...options, port: listener.port }, store, record);
  const ready = formatReady('frontend', host, listener.port, process.pid);
  writeLine(ready);
  Leash.own()?.say(ready);
  frontend.start();
  try {
    const ended = await Promise.race([frontend.ended, aborted(signal)]);
    if (ended !== undefined) return statusOf(ended);
    listener.close();
    await frontend.stopCleanly();
    return 0;
  } finally {
    listener.close();
    frontend.end();
  }
}

function directoryOf({ data }: FrontendOptions): string {
  return resolve(data, 'frontend');
}

/** Why the coordinator can't go on. */
type FrontendEnding =
  | { readonly kind: 'stopped'; readonly reason: StopReason; readonly detail: string }
  | { readonly kind: 'failed'; readonly error: unknown };

/** A deposed one may start anew; the others would only find the same again. */
function statusOf(ending: FrontendEnding): number {
  if (ending.kind === 'failed') throw ending.error;
  switch (ending.reason) {
    case 'deposed':
      throw new EnvironmentError('io', ending.detail);
    case 'rolled-back':
    case 'foreign':
      throw new EnvironmentError('foreign', ending.detail);
    case 'diverged':
      sayNoRestart();
      writeLine(`error: ${ending.detail}`);
      return INTEGRITY_STATUS;
  }
}

/** Hosts one coordinator. */
class Frontend implements CoordinatorHost, Flushable {
  readonly reception: Reception;
  readonly ended: Promise<FrontendEnding>;
  readonly trace: Log | undefined;
  readonly log: Log = logAs('frontend');
  readonly #store: ControlStore;
  readonly #coordinator: Coordinator;
  #end: (ending: FrontendEnding) => void = () => {};
  #flushing = false;
  #over = false;
  #ticker: NodeJS.Timeout | undefined;
  #waker: NodeJS.Timeout | undefined;
  #onStopped: (() => void) | undefined;

  constructor(options: FrontendOptions, store: ControlStore, record: ControlRecord | undefined) {
    const { host, port, version = 'unknown' } = options;
    const { readTimeoutMs, minInSync, keysMax, recover, acceptDataLoss, chaos } = options;
    this.trace = options.trace ? writeLine : undefined;
    this.#store = store;
    this.ended = new Promise((resolve) => (this.#end = resolve));
    this.#coordinator = new Coordinator(
      {
        owner: randomId() as OwnerId, newCluster: randomId() as ClusterId, record,
        readTimeoutMs, minInSync, keysMax, recover, acceptDataLoss, chaos,
        frontend: { pid: process.pid, host, port, version, directory: directoryOf(options) },
      },
      this,
      readClock(),
    );
    const relay = new ChaosRelay(this.#coordinator, chaos, this.send);
    this.reception = new Reception(relay, () => this.#flushSoon(), this.log);
  }

  start(): void {
    this.#ticker = setInterval(() => this.#tick(), TICK_MS);
  }

  /** Decides what is in flight and writes the commit floor, if that can be had in time. */
  async stopCleanly(): Promise<void> {
    const stopped = new Promise<void>((resolve) => (this.#onStopped = resolve));
    this.#coordinator.prepareStop(readClock());
    const patience = setTimeout(() => this.#onStopped?.(), STOP_PATIENCE_MS);
    await Promise.race([stopped, this.ended]);
    clearTimeout(patience);
    this.reception.closeAll();
  }

  /** Ends everything at once. */
  end(): void {
    this.#over = true;
    clearInterval(this.#ticker);
    clearTimeout(this.#waker);
    this.reception.destroyAll();
  }

  // ---- what the core asks for ------------------------------------------------------------------

  send: CoordinatorHost['send'] = (connection, message) => this.reception.send(connection, message);

  close: CoordinatorHost['close'] = (connection) => this.reception.close(connection);

  writeControl(record: ControlRecord): void {
    this.#store.write(record).then(
      (outcome) => {
        if (this.#over) return;
        this.#coordinator.onControlWritten(outcome, readClock());
        this.#flushSoon();
      },
      (error: unknown) => this.#end({ kind: 'failed', error }),
    );
  }

  wake(delayMs: number): void {
    this.#waker ??= setTimeout(() => {
      this.#waker = undefined;
      if (!this.#over) this.#coordinator.flush(readClock());
    }, delayMs);
  }

  stop(reason: StopReason, detail: string): void {
    this.#over = true;
    this.#end({ kind: 'stopped', reason, detail });
  }

  // ---- turns -----------------------------------------------------------------------------------

  #tick(): void {
    if (this.#over) return;
    this.#coordinator.onTick(readClock());
    this.reception.onTick();
    this.#flushSoon();
    if (this.#onStopped !== undefined && this.#coordinator.stopped) this.#onStopped();
  }

  /** At the end of the turn, after everything that arrived in it has been read. */
  flush(): void {
    this.#flushing = false;
    if (!this.#over) this.#coordinator.flush(readClock());
  }

  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    flushAtEndOfTurn(this);
  }
}

function randomId(): string {
  return randomBytes(16).toString('hex');
}
