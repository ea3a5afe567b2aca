/**
 * The view: the in-sync replicas; and the control record that keeps it (replication.md, "The
 * control record"). Pure decisions about membership.
 */
import { assert } from './assert.ts';
import type { BackendId, ClusterId, Epoch, Incarnation, OwnerId, Seq, ViewNumber } from './ids.ts';

/** A wiped backend has another incarnation: a stranger, never a member. */
export interface Member {
  readonly id: BackendId;
  readonly incarnation: Incarnation;
}

/** Whose votes count. Members are in the order of their ids. */
export interface View {
  readonly number: ViewNumber;
  readonly members: readonly Member[];
}

/**
 * The durable record that fences coordinators and keeps the view. A write compares `version`, which
 * grows by one with every write; `owner` is the coordinator that wrote it.
 */
export interface ControlRecord {
  readonly cluster: ClusterId;
  readonly version: number;
  readonly epoch: Epoch;
  readonly owner: OwnerId;
  readonly view: View;
  /** Everything up to here was decided: a member with less has lost data. */
  readonly commitFloor: Seq;
  /** How many backends make up the bank. */
  readonly count: number;
  /**
   * Rebuilt by `--recover`, and not served from yet: the view is what some backend remembers, so
   * that only all of its members together are sure to hold every acknowledged transaction.
   */
  readonly recovered: boolean;
}

/** A view lasts for many entries, and each entry's hash names it: the newest text is kept. */
let formatted: { readonly view: View; readonly text: string } | undefined;

/** `7:1=incarnation,2=incarnation`. */
export function formatView(view: View): string {
  if (formatted?.view === view) return formatted.text;
  const text = `${view.number}:${view.members.map((m) => `${m.id}=${m.incarnation}`).join(',')}`;
  formatted = { view, text };
  return text;
}

export function isMember(view: View, id: BackendId, incarnation: Incarnation): boolean {
  return view.members.some((member) => member.id === id && member.incarnation === incarnation);
}

export function hasId(view: View, id: BackendId): boolean {
  return view.members.some((member) => member.id === id);
}

export function sameMembers(one: View, other: View): boolean {
  return (
    one.members.length === other.members.length &&
    one.members.every((member) => isMember(other, member.id, member.incarnation))
  );
}

/** The next view with exactly these members; never an empty one. */
export function nextView(view: View, members: readonly Member[]): View {
  assert(members.length > 0, 'a view is never written empty');
  const ordered = [...members].sort((a, b) => a.id - b.id);
  for (let at = 1; at < ordered.length; at += 1) {
    assert(ordered[at - 1]?.id !== ordered[at]?.id, 'an id stands for one incarnation');
  }
  return { number: (view.number + 1) as ViewNumber, members: ordered };
}
