/** The real coordinator as an automaton of the model. */
import { Coordinator } from '../../core/coordinator.ts';
import type { CoordinatorOptions } from '../../core/coordinator-options.ts';
import type { ControlOutcome, CoordinatorHost, Now, StopReason } from '../../core/effect.ts';
import { CLUSTER_NONE, type ClusterId, type OwnerId } from '../../core/ids.ts';
import type { FromBackend, FromClient, ToBackend, ToClient } from '../../core/message.ts';
import type { ControlRecord } from '../../core/view.ts';
import { Automaton, type Bug, type Live } from './automaton.ts';
import { freezeAll } from './freeze-all.ts';
import type { StateText } from './state-text.ts';

export interface CoordinatorBirth {
  readonly owner: OwnerId;
  readonly record: ControlRecord | undefined;
}

export type CoordinatorInput =
  | { readonly kind: 'message'; readonly connection: number; readonly message: FromBackend }
  | { readonly kind: 'gone'; readonly connection: number }
  | { readonly kind: 'tick' }
  | { readonly kind: 'wake'; readonly delayMs: number }
  | { readonly kind: 'control'; readonly outcome: ControlOutcome }
  | { readonly kind: 'client'; readonly connection: number; readonly message: FromClient };

export type CoordinatorEffect =
  | { readonly kind: 'to-backend'; readonly connection: number; readonly message: ToBackend }
  | { readonly kind: 'to-client'; readonly connection: number; readonly message: ToClient }
  | { readonly kind: 'close'; readonly connection: number }
  | { readonly kind: 'write'; readonly record: ControlRecord }
  | { readonly kind: 'wake'; readonly delayMs: number }
  | { readonly kind: 'stop'; readonly reason: StopReason; readonly detail: string }
  | Bug;

/** Of backend b the connections are so many times b, and on; those of clients begin further on. */
export const CONNECTIONS_OF_ONE = 1_000;
export const CLIENTS_FROM = 100_000;

export const CLUSTER = 'cluster' as ClusterId;

const READ_TIMEOUT_MS = 1_000;
/** The longest pause between two ticks that is none of one's own; three of them are a silence. */
export const TICK_MS = READ_TIMEOUT_MS / 2;
/** Long after everything that code looks back to. */
const START_MS = 1_000_000;

export type CoordinatorAutomaton = Automaton<CoordinatorBirth, CoordinatorInput, CoordinatorEffect>;

export function coordinatorAutomaton(
  reader: StateText, onState: (state: number, coordinator: Coordinator) => void,
): CoordinatorAutomaton {
  return new Automaton(
    (birth) => new LiveCoordinator(birth),
    reader,
    (state, live) => onState(state, (live as LiveCoordinator).actor),
  );
}

export function ownerOf(life: number): OwnerId {
  return `frontend-${life}` as OwnerId;
}

class LiveCoordinator implements Live<CoordinatorInput, CoordinatorEffect> {
  readonly actor: Coordinator;
  nowMs = START_MS;
  #effects: CoordinatorEffect[] = [];

  constructor({ owner, record }: CoordinatorBirth) {
    const options: CoordinatorOptions = {
      owner,
      newCluster: CLUSTER,
      record: undefined,
      readTimeoutMs: READ_TIMEOUT_MS,
      minInSync: 1,
      recover: false,
      acceptDataLoss: false,
      chaos: false,
      frontend: { pid: 1, host: 'model', port: 1, version: 'model', directory: '' },
    };
    // It is for its birth, and no part of its state: copies of the options are without it.
    hide(options, 'record', () => record);
    this.actor = new Coordinator(options, this.#host(), this.#now());
    hide(options, 'record', () => {
      throw new Error('a coordinator looks at the record of its birth');
    });
  }

  feed(input: CoordinatorInput): readonly CoordinatorEffect[] {
    this.#effects = [];
    try {
      this.#take(input);
      this.actor.flush(this.#now());
    } catch (error) {
      this.#effects.push({ kind: 'bug', detail: String(error) });
    }
    return this.#effects;
  }

  #take(input: CoordinatorInput): void {
    switch (input.kind) {
      case 'message': return this.#onMessage(input.connection, input.message);
      case 'gone': return this.actor.onGone(input.connection, this.#now());
      case 'control': return this.actor.onControlWritten(input.outcome, this.#now());
      case 'client': return this.#onClient(input.connection, input.message);
      case 'wake':
        this.nowMs += input.delayMs;
        return;
      case 'tick':
        this.nowMs += TICK_MS;
        return this.actor.onTick(this.#now());
    }
  }

  #onMessage(connection: number, message: FromBackend): void {
    if (message.type !== 'hello') {
      return this.actor.onBackendMessage(connection, message, this.#now());
    }
    this.actor.onBackendHello(connection, message, 'model', this.#now());
  }

  /** Each client says one thing, on a connection of its own. */
  #onClient(connection: number, message: FromClient): void {
    const hello = { type: 'client-hello', cluster: CLUSTER_NONE } as const;
    this.actor.onClientHello(connection, hello, this.#now());
    this.actor.onClientMessage(connection, message, this.#now());
  }

  /** The clock on the wall stands still: timestamps are told by their order. */
  #now(): Now {
    return { ms: this.nowMs, wallUs: 0 };
  }

  #host(): CoordinatorHost {
    const note = (effect: CoordinatorEffect): void => {
      this.#effects.push(effect);
    };
    return {
      send: (connection, message) => {
        if (connection < CLIENTS_FROM) {
          note({ kind: 'to-backend', connection, message: message as ToBackend });
        } else note({ kind: 'to-client', connection, message: message as ToClient });
      },
      close: (connection) => note({ kind: 'close', connection }),
      writeControl: (record) => note({ kind: 'write', record: freezeAll(record) }),
      wake: (delayMs) => note({ kind: 'wake', delayMs }),
      stop: (reason, detail) => note({ kind: 'stop', reason, detail }),
      log: () => {},
      trace: undefined,
    };
  }
}

function hide<Options>(options: Options, name: keyof Options, get: () => unknown): void {
  Object.defineProperty(options, name, { enumerable: false, configurable: true, get });
}
