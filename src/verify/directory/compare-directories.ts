/**
 * Compares the histories of a bank's directories with each other, and with the control record.
 * Pure.
 *
 * Two replicas have the same history as far as both have one. An entry that one of them alone has,
 * under an older epoch, may be left from a proposal that was never decided: the bank cuts it off
 * when that backend joins again. Without the control record nobody can tell, and it is a fault.
 */
import { CLUSTER_NONE } from '../../core/ids.ts';
import { isMember, type ControlRecord } from '../../core/view.ts';
import type { ControlVerdict } from './control.ts';
import type { DirectoryVerdict } from './directory.ts';
import { firstParting, type KeptEntry } from './kept-hashes.ts';

export interface Comparison {
  readonly faults: readonly string[];
  /** What is worth to be told and no fault. */
  readonly notes: readonly string[];
}

/** The directories' hashes were kept. */
export function compareDirectories(
  backends: readonly DirectoryVerdict[],
  controls: readonly ControlVerdict[],
): Comparison {
  const faults: string[] = [];
  const notes: string[] = [];
  const records = controls.flatMap(({ record }) => record ?? []);
  const [record] = records;
  backends.forEach((one, index) => {
    for (const other of backends.slice(index + 1)) comparePair(one, other, record, faults, notes);
  });
  for (const { directory, record: control } of controls) {
    if (control !== undefined) compareWithRecord(directory, control, backends, faults, notes);
  }
  if (faults.length === 0) notes.push(...tellAgreement(backends));
  return { faults, notes };
}

function comparePair(
  one: DirectoryVerdict,
  other: DirectoryVerdict,
  record: ControlRecord | undefined,
  faults: string[],
  notes: string[],
): void {
  const both = `${one.directory} and ${other.directory}`;
  if (areOfDifferentBanks(one, other)) {
    faults.push(`${both} belong to different banks`);
    return;
  }
  if (one.hashes === undefined || other.hashes === undefined) return;
  const parting = firstParting(one.hashes, other.hashes);
  if (parting === undefined) {
    const common = Math.min(one.lastSeq, other.lastSeq);
    if (common > 0 && one.hashes.at(common).digest !== other.hashes.at(common).digest) {
      faults.push(`${both} have the same history up to entry ${common}, but another state there`);
    }
    return;
  }
  const [here, there] = [one.hashes.at(parting), other.hashes.at(parting)];
  const leftover = record && [one, other].find((each) => isLeftover(each, record, parting));
  const sentence = `${both} differ from entry ${parting} on: ${tell(here)} and ${tell(there)}`;
  if (leftover === undefined || here.entryEpoch === there.entryEpoch) {
    faults.push(sentence);
  } else {
    notes.push(`${sentence}; ${leftover.directory} is not in sync and loses them when it joins`);
  }
}

function areOfDifferentBanks(one: DirectoryVerdict, other: DirectoryVerdict): boolean {
  const [here, there] = [one.identity?.cluster, other.identity?.cluster];
  if (here === undefined || there === undefined) return false;
  return here !== there && here !== CLUSTER_NONE && there !== CLUSTER_NONE;
}

/** It is no member of the view, and does not know that this entry was decided. */
function isLeftover(verdict: DirectoryVerdict, { view }: ControlRecord, seq: number): boolean {
  const { identity, commitSeq } = verdict;
  if (identity === undefined || seq <= commitSeq) return false;
  return !isMember(view, identity.backend, identity.incarnation);
}

function tell({ hash, entryEpoch }: KeptEntry): string {
  return `${hash.slice(0, 16)}… of epoch ${entryEpoch}`;
}

/** Every member of the view must hold everything that was decided. */
function compareWithRecord(
  directory: string,
  record: ControlRecord,
  backends: readonly DirectoryVerdict[],
  faults: string[],
  notes: string[],
): void {
  for (const { directory: path, identity } of backends) {
    if (identity === undefined || identity.cluster === CLUSTER_NONE) continue;
    const { cluster, promise } = identity;
    if (cluster !== record.cluster) {
      faults.push(`${path} does not belong to the bank of ${directory}`);
    } else if (promise.epoch > record.epoch) {
      faults.push(`${path} has promised epoch ${promise.epoch}, but the control record of `
        + `${directory} says ${record.epoch}: it is older than the bank`);
    }
  }
  for (const { id, incarnation } of record.view.members) {
    const ofId = backends.filter(({ identity }) => identity?.backend === id);
    const member = ofId.find(({ identity }) => identity?.incarnation === incarnation);
    if (member !== undefined) {
      if (member.ok && member.lastSeq < record.commitFloor) {
        faults.push(`${member.directory} ends with entry ${member.lastSeq}, but backend ${id} is `
          + `in sync, and everything up to entry ${record.commitFloor} was decided`);
      }
    } else if (ofId.length > 0) {
      faults.push(`${ofId[0]?.directory} is not the directory that backend ${id} had when it was `
        + 'in sync: it was wiped or replaced');
    } else notes.push(`backend ${id} is in sync, but its directory is not among these`);
  }
}

function tellAgreement(backends: readonly DirectoryVerdict[]): readonly string[] {
  const common = Math.min(...backends.map(({ lastSeq }) => lastSeq));
  const entry = backends[0]?.hashes?.count === undefined || backends.length < 2 || common === 0
    ? undefined : backends[0].hashes.at(common);
  const isAlike = backends.every(({ hashes }) => (
    entry !== undefined && (hashes?.count ?? 0) >= common && hashes?.at(common).hash === entry.hash
  ));
  if (entry === undefined || !isAlike) return [];
  const { hash, digest } = entry;
  return [`all ${backends.length} have the same history up to entry ${common}, the highest that `
    + `all have: hash ${hash.slice(0, 16)}…, digest ${digest}`];
}
