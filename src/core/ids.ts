/**
 * The numbers and ids that the protocol counts with, branded so that one can't be taken for
 * another.
 *
 * All are exact integers below 2^53; ids of 128 bits and hashes of 256 bits are lowercase hex.
 */
declare const brand: unique symbol;
type Branded<Base, Name extends string> = Base & { readonly [brand]: Name };

/** A coordinator incarnation; grows with every frontend start or takeover. 0 = none yet. */
export type Epoch = Branded<number, 'Epoch'>;
/** A batch's place in the one total order; contiguous from 1. 0 = before the first. */
export type Seq = Branded<number, 'Seq'>;
/** The number of a view. */
export type ViewNumber = Branded<number, 'ViewNumber'>;
/** A backend's place in the status array, 1..count. */
export type BackendId = Branded<number, 'BackendId'>;
/**
 * A client session: the seq of the lease that it came from, times SESSIONS_PER_LEASE, plus a slot.
 */
export type SessionId = Branded<number, 'SessionId'>;
/**
 * Microseconds since 1970, as ordered by the coordinator: strictly increasing from batch to batch.
 */
export type Timestamp = Branded<number, 'Timestamp'>;

/** 128 random bits made when a backend's data directory is created. */
export type Incarnation = Branded<string, 'Incarnation'>;
/** 128 random bits made when the bank is bootstrapped. */
export type ClusterId = Branded<string, 'ClusterId'>;
/** 128 random bits made at every start of a frontend. */
export type OwnerId = Branded<string, 'OwnerId'>;
/** SHA-256 of an entry, hex. */
export type EntryHash = Branded<string, 'EntryHash'>;

export const BACKEND_NONE = 0 as BackendId;
export const EPOCH_NONE = 0 as Epoch;
export const SEQ_NONE = 0 as Seq;
export const VIEW_NONE = 0 as ViewNumber;
export const SESSION_NONE = 0 as SessionId;
/** Accounts are numbered from here on. */
export const FIRST_ACCOUNT = 100;
/** The hash before the first entry. */
export const HASH_NONE = '0'.repeat(64) as EntryHash;
/** The cluster of a directory that has never been in one. */
export const CLUSTER_NONE = '0'.repeat(32) as ClusterId;

/** At most so many backends make a bank. */
export const BACKENDS_MAX = 7;

export function nextSeq(seq: Seq): Seq {
  return (seq + 1) as Seq;
}

export function nextEpoch(epoch: Epoch): Epoch {
  return (epoch + 1) as Epoch;
}
