/**
 * The status report that the frontend gives (interface.md, `status --json`), as the command line
 * reads it.
 *
 * It comes from another process, perhaps of another version: what is missing has a plain default,
 * what is unknown is passed on to `--json` untouched.
 */
export type BackendState = 'in-sync' | 'catching-up' | 'down' | 'diverged' | 'lost-data';

export interface BackendStatus {
  readonly id: number;
  /** 1: member of the view and connected. */
  readonly status: number;
  readonly state: BackendState;
  /** Null where it is not connected. */
  readonly pid?: number | null;
  /** Its end of the connection, host:port. */
  readonly host?: string | null;
  readonly lastSeq?: number;
  /** Entries that it lacks. */
  readonly lag?: number;
  readonly digest?: string;
  readonly incarnation?: string | null;
  /** An absolute path of its machine. */
  readonly directory?: string | null;
  readonly journalBytes?: number;
  /** Calls of fdatasync and fsync since its process began, as it told on the last heartbeat. */
  readonly syncs?: number;
  /** Bytes that it has written to files since then. */
  readonly writtenBytes?: number;
  /** Checkpoints that were saved since then. */
  readonly checkpoints?: number;
  /** Why it is not in sync, in words. */
  readonly detail?: string;
}

export interface StatusReport {
  readonly cluster: string;
  readonly epoch: number;
  readonly view: number;
  readonly commitSeq: number;
  /** The last decided entry; null while there is no service. */
  readonly head?: { readonly seq: number; readonly hash: string } | null;
  /** Element k is for backend k + 1. */
  readonly status: readonly number[];
  /** How many copies stand behind an answer. */
  readonly copies: number;
  /** Ids of the backends that service waits for. */
  readonly waitingFor: readonly number[];
  /** How many idempotency keys are remembered; null where that is not known. */
  readonly keys?: number | null;
  readonly frontend: Readonly<Record<string, unknown>>;
  readonly backends: readonly BackendStatus[];
  /** False where the bank was started with --no-chaos. */
  readonly chaos?: boolean;
}

/** The report; undefined where it is none. */
export function readStatusReport(value: unknown): StatusReport | undefined {
  const parsed = typeof value === 'string' ? parseJson(value) : value;
  if (!isRecord(parsed) || !Array.isArray(parsed['status'])) return undefined;
  const number = (name: string): number => {
    const field = parsed[name];
    return typeof field === 'number' ? field : 0;
  };
  const list = <Item>(name: string): readonly Item[] => {
    const field = parsed[name];
    return Array.isArray(field) ? (field as Item[]) : [];
  };
  return {
    ...parsed,
    cluster: typeof parsed['cluster'] === 'string' ? parsed['cluster'] : '',
    epoch: number('epoch'),
    view: number('view'),
    commitSeq: number('commitSeq'),
    head: readHead(parsed['head']),
    status: list<number>('status'),
    copies: number('copies'),
    waitingFor: list<number>('waitingFor'),
    frontend: isRecord(parsed['frontend']) ? parsed['frontend'] : {},
    backends: list<BackendStatus>('backends'),
  };
}

/** `status=1,0,1 epoch=4 view=7 seq=1234`. */
export function statusLine(report: StatusReport): string {
  const { status, epoch, view, commitSeq } = report;
  return `status=${status.join(',')} epoch=${epoch} view=${view} seq=${commitSeq}`;
}

/** How many backends are members and connected. */
export function countUp(report: StatusReport): number {
  return report.status.filter((bit) => bit === 1).length;
}

/** Those whose processes run and are in sync. */
export function backendsUp(report: StatusReport): readonly BackendStatus[] {
  return report.backends.filter(({ status }) => status === 1);
}

function readHead(value: unknown): { readonly seq: number; readonly hash: string } | null {
  if (!isRecord(value)) return null;
  const { seq, hash } = value;
  return typeof seq === 'number' && typeof hash === 'string' ? { seq, hash } : null;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
