/** The status report as people read it; the same words in a pipe, without colour. */
import type { ChalkInstance } from 'chalk';
import type { BackendState, BackendStatus, StatusReport } from '../host/status-report.ts';
import { oneLine } from './quote.ts';
import { alignColumns, cellOf } from './table.ts';

/** Lines, without their ends. */
export function statusLines(report: StatusReport, paint: ChalkInstance): readonly string[] {
  const { epoch, view, commitSeq, copies, head, waitingFor, status } = report;
  const array = status.map((bit) => (bit === 1 ? paint.green('1') : paint.red('0'))).join(',');
  const lines = [
    `status [${array}]  epoch ${epoch}  view ${view}  seq ${commitSeq}`,
    describeCopies(copies, paint),
  ];
  if (head) lines.push(`head ${shortHash(head.hash)} at seq ${head.seq}`);
  if (waitingFor.length > 0) {
    lines.push(paint.yellow(`waiting for ${describeMissing(report)}`));
  }
  if (report.chaos === false) lines.push('chaos is not allowed here (--no-chaos)');
  return [...lines, '', ...backendTable(report, paint)];
}

/** Enough to tell two apart at a glance; all of it is in `--json`. */
function shortHash(hash: string): string {
  return oneLine(hash).slice(0, 16);
}

/** A new bank needs all of them; later any one that is in the view brings service back. */
function describeMissing({ cluster, waitingFor }: StatusReport): string {
  const ids = waitingFor.join(', ');
  if (waitingFor.length === 1) return `backend ${ids}`;
  return cluster === '' ? `all of backends ${ids}` : `one of backends ${ids}`;
}

function describeCopies(copies: number, paint: ChalkInstance): string {
  if (copies === 0) return paint.red('no answer can be given now');
  const words = copies === 1 ? '1 copy stands' : `${copies} copies stand`;
  const line = `${words} behind every answer`;
  return copies === 1 ? paint.yellow(line) : line;
}

const HEADINGS = ['backend', 'state', 'seq', 'lag', 'journal', 'digest', 'pid', 'host'] as const;

function backendTable({ backends }: StatusReport, paint: ChalkInstance): string[] {
  const [headings = '', ...lines] = alignColumns([HEADINGS, ...backends.map(backendCells)]);
  return [
    paint.bold(headings),
    ...backends.map((backend, at) => {
      const line = paintState(backend.state, paint)(lines[at] ?? '');
      return backend.detail ? `${line}\n  ${oneLine(backend.detail)}` : line;
    }),
  ];
}

function backendCells(backend: BackendStatus): readonly string[] {
  const { id, state, lastSeq, lag, digest, pid, host, journalBytes } = backend;
  return [
    String(id),
    oneLine(String(state)),
    cellOf(lastSeq),
    cellOf(lag),
    journalBytes === undefined ? '-' : formatBytes(journalBytes),
    cellOf(digest),
    cellOf(pid),
    cellOf(host),
  ];
}

function paintState(state: BackendState, paint: ChalkInstance): (text: string) => string {
  switch (state) {
    case 'in-sync':
      return (text) => text;
    case 'catching-up':
      return paint.yellow;
    case 'down':
    case 'diverged':
    case 'lost-data':
      return paint.red;
    default:
      // A newer frontend may know more states.
      return (text) => text;
  }
}

/** `64.0 MiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  for (const unit of ['B', 'KiB', 'MiB', 'GiB']) {
    if (value < 1024) return unit === 'B' ? `${value} B` : `${value.toFixed(1)} ${unit}`;
    value /= 1024;
  }
  return `${value.toFixed(1)} TiB`;
}
