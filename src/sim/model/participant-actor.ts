/** The real participant as an automaton of the model. */
import type { ParticipantHost, PromiseRecord } from '../../core/effect.ts';
import type { EntryId, ExecutedEntry } from '../../core/entry.ts';
import {
  CLUSTER_NONE, SEQ_NONE, VIEW_NONE, type Seq, type Timestamp,
} from '../../core/ids.ts';
import type { FromBackend, ToBackend } from '../../core/message.ts';
import { Participant, type ParticipantOptions } from '../../core/participant.ts';
import { Automaton, type Bug, type Live } from './automaton.ts';
import {
  ENTRY_NONE, incarnationOf, ModelLedger, type ModelDisk, type ModelDisks,
} from './model-disk.ts';
import type { StateText } from './state-text.ts';

export type ParticipantInput =
  | { readonly kind: 'connected' | 'disconnected' }
  | { readonly kind: 'message'; readonly message: ToBackend }
  | { readonly kind: 'synced'; readonly seq: Seq }
  | { readonly kind: 'promise-saved'; readonly promise: PromiseRecord }
  | { readonly kind: 'truncated'; readonly entries: readonly ExecutedEntry[] }
  | { readonly kind: 'located'; readonly token: number; readonly found: EntryId | undefined }
  | {
    readonly kind: 'fetched';
    readonly token: number;
    readonly entries: readonly ExecutedEntry[];
  };

/** What is done in the order of the asking, beside the fsyncs of the journal. */
export type Errand =
  | { readonly kind: 'save-promise'; readonly promise: PromiseRecord }
  | { readonly kind: 'truncate'; readonly afterSeq: Seq }
  | { readonly kind: 'locate'; readonly seq: Seq; readonly token: number }
  | {
    readonly kind: 'fetch';
    readonly fromSeq: Seq;
    readonly bytes: number;
    readonly token: number;
  };

export type ParticipantEffect =
  | { readonly kind: 'append'; readonly entry: ExecutedEntry }
  | { readonly kind: 'errand'; readonly errand: Errand }
  | { readonly kind: 'committed'; readonly seq: Seq }
  | { readonly kind: 'reset' }
  | { readonly kind: 'send'; readonly message: FromBackend }
  | Bug;

const ROOM_BYTES = 1e9;
const COUNT = 2;

export type ParticipantAutomaton = Automaton<ModelDisk, ParticipantInput, ParticipantEffect>;

export function participantAutomaton(
  disks: ModelDisks, reader: StateText,
): ParticipantAutomaton {
  return new Automaton((disk) => new LiveParticipant(disk, disks), reader);
}

class LiveParticipant implements Live<ParticipantInput, ParticipantEffect> {
  readonly actor: Participant;
  readonly nowMs = 0;
  #effects: ParticipantEffect[] = [];

  constructor(disk: ModelDisk, disks: ModelDisks) {
    const options = optionsOf(disk, disks);
    this.actor = new Participant(options, this.#host());
    seal(options);
  }

  feed(input: ParticipantInput): readonly ParticipantEffect[] {
    this.#effects = [];
    try {
      this.#take(input);
    } catch (error) {
      this.#effects.push({ kind: 'bug', detail: String(error) });
    }
    return this.#effects;
  }

  #take(input: ParticipantInput): void {
    const { actor } = this;
    switch (input.kind) {
      case 'connected': return actor.onConnected();
      case 'disconnected': return actor.onDisconnected();
      case 'message': return actor.onMessage(input.message);
      case 'synced': return actor.onSynced(input.seq);
      case 'promise-saved': return actor.onPromiseSaved(input.promise);
      case 'located': return actor.onLocated(input.token, input.found);
      case 'fetched': return actor.onFetched(input.token, input.entries);
      case 'truncated': {
        const { seq, entryEpoch, hash } = input.entries.at(-1) ?? ENTRY_NONE;
        return actor.onTruncated(ModelLedger.replay(input.entries), { seq, entryEpoch, hash });
      }
    }
  }

  #host(): ParticipantHost {
    const note = (effect: ParticipantEffect): void => {
      this.#effects.push(effect);
    };
    const errand = (asked: Errand): void => note({ kind: 'errand', errand: asked });
    return {
      append: (entry) => note({ kind: 'append', entry }),
      savePromise: (promise) => errand({ kind: 'save-promise', promise }),
      truncate: (afterSeq) => errand({ kind: 'truncate', afterSeq }),
      locate: (seq, token) => errand({ kind: 'locate', seq, token }),
      fetch: (fromSeq, bytes, token) => errand({ kind: 'fetch', fromSeq, bytes, token }),
      resolve: () => note({ kind: 'bug', detail: 'no request is sent twice in the model' }),
      lookUp: () => note({ kind: 'bug', detail: 'the model looks nothing up' }),
      committed: (seq) => note({ kind: 'committed', seq }),
      reset: () => note({ kind: 'reset' }),
      send: (message) => note({ kind: 'send', message }),
      inSync: () => {},
      log: () => {},
      diskWork: () => ({ syncs: 0, writtenBytes: 0, checkpoints: 0 }),
      trace: undefined,
    };
  }
}

/** A process is started on the disk, of which everything is fsynced then. */
function optionsOf(disk: ModelDisk, disks: ModelDisks): ParticipantOptions {
  const { backend, lives, promise } = disk;
  const entries = disk.entries.map((entry) => disks.entries.value(entry));
  const last = entries.at(-1);
  return {
    backend,
    incarnation: incarnationOf(disk),
    nonce: `${backend}.${lives}`,
    pid: 1,
    directory: '',
    count: COUNT,
    promise,
    condition: promise.cluster === CLUSTER_NONE ? 'empty' : 'intact',
    detail: '',
    tail: disks.tail(disk),
    tailTimestamp: last?.timestamp ?? (0 as Timestamp),
    checkpointSeq: SEQ_NONE,
    view: last?.view ?? { number: VIEW_NONE, members: [] },
    ledger: ModelLedger.replay(entries),
    reserve: { bytes: ROOM_BYTES, full: false },
  };
}

/** What a participant is born with and must not look at again: it is no part of its state. */
const BORN_WITH = [
  'promise', 'condition', 'detail', 'tail', 'tailTimestamp', 'checkpointSeq', 'view', 'ledger',
  'reserve',
] as const;

function seal(options: ParticipantOptions): void {
  for (const name of BORN_WITH) {
    Object.defineProperty(options, name, {
      enumerable: false,
      get: () => {
        throw new Error(`a participant looks at ${name} after its birth`);
      },
    });
  }
}
