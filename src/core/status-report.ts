/** What `bankd status --json` shows. Balances are not in it; new fields may come. */
import type { BackendLink } from './backend-link.ts';
import {
  EPOCH_NONE, SEQ_NONE, VIEW_NONE,
  type BackendId, type EntryHash, type Epoch, type Seq, type ViewNumber,
} from './ids.ts';
import { hasId, type ControlRecord, type View } from './view.ts';

export type BackendState = 'in-sync' | 'catching-up' | 'down' | 'diverged' | 'lost-data';

export interface BackendStatus {
  readonly id: BackendId;
  readonly status: 0 | 1;
  readonly state: BackendState;
  readonly pid: number | null;
  readonly host: string | null;
  readonly incarnation: string | null;
  /** An absolute path of its machine. */
  readonly directory: string | null;
  readonly lastSeq: Seq;
  /** Entries that it lacks. */
  readonly lag: number;
  readonly digest: string;
  readonly journalBytes: number;
  readonly reserveBytes: number;
  /** Calls of fdatasync and fsync since its process began, as it told on the last heartbeat. */
  readonly syncs: number;
  /** Bytes that it has written to files since then. */
  readonly writtenBytes: number;
  /** Checkpoints that were saved since then. */
  readonly checkpoints: number;
  readonly detail: string;
}

/**
 * The last decided entry. Its hash chains the whole history before it: who keeps it can prove later
 * what a directory holds (`bankd verify --expect-head`).
 */
export interface Head {
  readonly seq: Seq;
  readonly hash: EntryHash;
}

/** What the frontend tells of itself. */
export interface FrontendStatus {
  readonly pid: number;
  readonly host: string;
  readonly port: number;
  readonly version: string;
  /** An absolute path. */
  readonly directory: string;
}

export interface StatusReportBody {
  readonly cluster: string;
  readonly epoch: Epoch;
  readonly view: ViewNumber;
  readonly commitSeq: Seq;
  /** Null while there is no service. */
  readonly head: Head | null;
  readonly serving: boolean;
  readonly status: readonly (0 | 1)[];
  /** How many replicas stand behind every answer. */
  readonly copies: number;
  /** While there is no service: the backends of which any one would bring it back. */
  readonly waitingFor: readonly BackendId[];
  /** So many idempotency keys are remembered; null while no member has told. */
  readonly keys: number | null;
  readonly chaos: boolean;
  readonly frontend: FrontendStatus;
  readonly backends: readonly BackendStatus[];
}

/** As that member says which has come furthest; 0: none has told. */
export function keysMaxOf(links: readonly BackendLink[], view: View): number {
  let furthest: BackendLink | undefined;
  for (const link of links) {
    if (!link.promised || !link.isMemberOf(view) || link.keysMax === 0) continue;
    if (furthest === undefined || link.lastSeq > furthest.lastSeq) furthest = link;
  }
  return furthest?.keysMax ?? 0;
}

/** Whether the backend is a member of the durable view and connected: its place in the array. */
export function statusOf(link: BackendLink, record: ControlRecord | undefined): 0 | 1 {
  return record !== undefined && link.promised && link.isMemberOf(record.view) ? 1 : 0;
}

/** What the report is made of. */
export interface StatusSources {
  readonly record: ControlRecord | undefined;
  readonly links: readonly BackendLink[];
  readonly count: number;
  readonly newest: Seq;
  /** Undefined while there is no service. */
  readonly head: Head | undefined;
  readonly serving: boolean;
  readonly chaos: boolean;
  readonly frontend: FrontendStatus;
}

export function reportStatus(sources: StatusSources): StatusReportBody {
  const { record, links, count, newest, head, serving, chaos, frontend } = sources;
  const status = links.map((link) => statusOf(link, record));
  return {
    cluster: record?.cluster ?? '',
    epoch: record?.epoch ?? EPOCH_NONE,
    view: record?.view.number ?? VIEW_NONE,
    commitSeq: head?.seq ?? record?.commitFloor ?? SEQ_NONE,
    head: head ?? null,
    serving,
    status,
    copies: status.filter((bit) => bit === 1).length,
    waitingFor: serving ? [] : missingMembers(record, links, count),
    keys: (record && keysMaxOf(links, record.view)) || null,
    chaos,
    frontend,
    backends: links.map((link) => reportBackend(link, serving ? undefined : record, {
      status: statusOf(link, record), newest,
    })),
  };
}

/** `awaited`: the record, while its members are waited for. */
function reportBackend(
  link: BackendLink,
  awaited: ControlRecord | undefined,
  { status, newest }: { readonly status: 0 | 1; readonly newest: Seq },
): BackendStatus {
  const isStranger = awaited !== undefined && hasLostDirectory(link, awaited.view);
  const up = link.connection !== undefined;
  return {
    id: link.id,
    status,
    state: isStranger ? 'lost-data' : stateOf(link, status),
    pid: up ? (link.hello?.pid ?? null) : null,
    host: up ? link.peer : null,
    incarnation: link.hello?.incarnation ?? null,
    directory: link.hello?.directory ?? null,
    lastSeq: link.lastSeq,
    lag: Math.max(0, newest - link.lastSeq),
    digest: link.digest,
    journalBytes: link.journalBytes,
    reserveBytes: link.reserve.bytes,
    ...link.diskWork,
    detail: isStranger ? 'it came back without the data that it had' : link.troubleDetail,
  };
}

function stateOf(link: BackendLink, status: 0 | 1): BackendState {
  if (link.trouble === 'diverged') return 'diverged';
  if (link.trouble === 'lost-data' || link.trouble === 'corrupt') return 'lost-data';
  if (status === 1) return 'in-sync';
  return link.connection === undefined ? 'down' : 'catching-up';
}

/** The members of the durable view that are not here. */
function missingMembers(
  record: ControlRecord | undefined,
  links: Iterable<BackendLink>,
  count: number,
): BackendId[] {
  const all = [...links];
  if (record === undefined) {
    const ids = Array.from({ length: count }, (_, index) => (index + 1) as BackendId);
    return ids.filter((id) => all.find((link) => link.id === id)?.connection === undefined);
  }
  return all
    .filter((link) => hasId(record.view, link.id))
    .filter((link) => link.connection === undefined || !link.isMemberOf(record.view))
    .map((link) => link.id);
}

/** It is here under the id of a member, but as another incarnation. */
function hasLostDirectory(link: BackendLink, view: View): boolean {
  return link.connection !== undefined && hasId(view, link.id) && !link.isMemberOf(view);
}

/** Why there is no service, and who brings it back. */
export function waitingSentence(view: View, links: readonly BackendLink[]): string {
  const ids = view.members.map(({ id }) => id).join(', ');
  const who = view.members.length === 1
    ? `backend ${ids}, which alone has` : `one of backends ${ids}, which have`;
  const lost = links.filter((link) => hasLostDirectory(link, view)).map(({ id }) => id);
  const told = lost.length === 0
    ? '' : `; backend ${lost.join(', ')} came back without the data that it had`;
  return `no in-sync backend is up; waiting for ${who} every acknowledged transaction${told}`;
}
