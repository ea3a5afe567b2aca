/**
 * What a backend's directory holds when a life begins: who it is, what it promised, and the account
 * table at the journal's tail.
 *
 * Damage is no reason to end: the backend connects, says where the damage is, serves nothing, and
 * waits until the frontend, which knows whether others hold everything, tells it to begin anew as
 * empty.
 */
import type { PromiseRecord } from '../core/effect.ts';
import {
  CLUSTER_NONE, EPOCH_NONE, SEQ_NONE,
  type BackendId, type Incarnation, type OwnerId, type Timestamp,
} from '../core/ids.ts';
import type { ParticipantOptions } from '../core/participant.ts';
import type { Replayed } from './checkpointer.ts';
import type { DataDirectory } from './data-directory.ts';
import { EnvironmentError, isKind } from './environment-error.ts';
import { FileCheckpointStore } from './file-checkpoint.ts';
import { FileJournal } from './file-journal.ts';
import { loadIdentity, saveIdentity } from './identity.ts';
import { JournalRelay } from './journal-relay.ts';
import type { Log } from './log.ts';
import type { CheckpointStore, Identity, Journal, JournalEvents, Machine } from './ports.ts';
import { Replay } from './replay.ts';
import type { Sizes } from './sizes.ts';

const TIMESTAMP_NONE = 0 as Timestamp;

export interface RecoverOptions {
  readonly machine: Machine;
  readonly sizes: Sizes;
  readonly directory: DataDirectory;
  readonly backend: BackendId;
  /** Damage that was met before: then nothing else is looked at. */
  readonly damage: string | undefined;
  readonly log: Log;
}

export interface Recovered {
  readonly participant: Omit<ParticipantOptions, 'count' | 'pid' | 'nonce' | 'directory'>;
  /** Undefined where the directory is corrupt. */
  readonly journal: Journal | undefined;
  readonly checkpoints: CheckpointStore;
  readonly replayed: Replayed;
  readonly savePromise: (promise: PromiseRecord) => Promise<void>;
  /** From now on the journal's events go to this one. */
  readonly hear: (events: JournalEvents) => void;
}

export async function recover(options: RecoverOptions): Promise<Recovered> {
  const { machine, backend, damage } = options;
  const identity = await orDamage(() => knowIdentity(options));
  if (typeof identity === 'string') {
    return corrupt(options, makeIdentity(machine, backend), identity, false);
  }
  if (damage !== undefined) return corrupt(options, identity, damage, true);
  const recovered = await orDamage(() => recoverIntact(options, identity));
  return typeof recovered === 'string' ? corrupt(options, identity, recovered, true) : recovered;
}

/** What runs, or the damage that it met, in words. */
async function orDamage<Value>(run: () => Promise<Value>): Promise<Value | string> {
  try {
    return await run();
  } catch (error) {
    if (!isKind(error, 'corrupt')) throw error;
    return (error as EnvironmentError).message;
  }
}

/** Whose directory it is; made the first time. */
async function knowIdentity(options: RecoverOptions): Promise<Identity> {
  const { machine, directory, backend, log } = options;
  const known = await loadIdentity(directory, machine.io);
  if (known === undefined) {
    // A crash came while the files were set aside, or somebody took the identity away.
    if (await directory.hasContents()) {
      log(`files without an identity are set aside in ${await directory.setAside('no-identity')}`);
    }
    const fresh = makeIdentity(machine, backend);
    await saveIdentity(directory, fresh, machine.io);
    return fresh;
  }
  if (known.backend !== backend) {
    const owner = `backend ${known.backend}, not to backend ${backend}`;
    throw new EnvironmentError('foreign', `${directory.path} belongs to ${owner}`);
  }
  return known;
}

function makeIdentity({ randomBytes }: Machine, backend: BackendId): Identity {
  const promise = { cluster: CLUSTER_NONE, epoch: EPOCH_NONE, owner: '0'.repeat(32) as OwnerId };
  const incarnation = randomBytes(16).toHex() as Incarnation;
  return { cluster: CLUSTER_NONE, backend, incarnation, promise };
}

async function recoverIntact(options: RecoverOptions, identity: Identity): Promise<Recovered> {
  const { machine, sizes, directory, log } = options;
  const startMs = machine.nowMs();
  const checkpoints = new FileCheckpointStore(directory, machine);
  const replay = new Replay(await checkpoints.load(), sizes.ledgerLimits);
  const relay = new JournalRelay();
  const journal = await FileJournal.open({
    machine,
    sizes,
    directory: directory.journal,
    incarnation: identity.incarnation,
    checkpoint: replay.checkpoint,
    onEntry: (entry) => replay.execute(entry),
    mayBeMissing: identity.cluster === CLUSTER_NONE,
    events: relay,
  });
  if (journal.recoveredView !== undefined) replay.noteView(journal.recoveredView);
  if (journal.torn !== undefined) {
    const { path, offset, bytes, afterSeq } = journal.torn;
    log(`cut a torn tail of ${bytes} bytes after entry ${afterSeq} (${path} at ${offset})`);
  }
  const { tail, ledger, view, checkpoint } = replay;
  const tookMs = Math.ceil(machine.nowMs() - startMs);
  log(`recovered entry ${tail.seq} from checkpoint ${checkpoint.seq} in ${tookMs} ms`);
  return {
    participant: {
      backend: identity.backend,
      incarnation: identity.incarnation,
      promise: identity.promise,
      condition: tail.seq === SEQ_NONE ? 'empty' : 'intact',
      detail: '',
      tail,
      tailTimestamp: (await journal.read(tail.seq))?.timestamp ?? TIMESTAMP_NONE,
      checkpointSeq: checkpoint.seq,
      view,
      ledger,
      reserve: journal.reserve,
    },
    journal,
    checkpoints,
    replayed: replay.replayed,
    savePromise: (promise) => persistPromise(options, identity, promise),
    hear: (events) => {
      relay.to(events);
      events.onReserve(journal.reserve);
    },
  };
}

/**
 * An empty replica that says where the damage is. Its promises are kept where the identity is
 * known; a made-up identity must never be written beside the files of another.
 */
function corrupt(
  options: RecoverOptions,
  identity: Identity,
  detail: string,
  isKnown: boolean,
): Recovered {
  const { machine, sizes, directory, log } = options;
  log(`corrupt: ${detail}`);
  const { tail, ledger, view } = new Replay(undefined, sizes.ledgerLimits);
  return {
    participant: {
      backend: identity.backend,
      incarnation: identity.incarnation,
      promise: identity.promise,
      condition: 'corrupt',
      detail,
      tail,
      tailTimestamp: TIMESTAMP_NONE,
      checkpointSeq: SEQ_NONE,
      view,
      ledger,
      reserve: { bytes: 0, full: false },
    },
    journal: undefined,
    checkpoints: new FileCheckpointStore(directory, machine),
    replayed: { bytes: 0, operations: 0 },
    savePromise: async (promise) => {
      if (isKnown) await persistPromise(options, identity, promise);
    },
    hear: () => {},
  };
}

function persistPromise(
  { machine, directory }: RecoverOptions,
  identity: Identity,
  promise: PromiseRecord,
): Promise<void> {
  const promised = { ...identity, cluster: promise.cluster, promise };
  return saveIdentity(directory, promised, machine.io);
}
