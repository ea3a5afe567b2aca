/**
 * A run in one picture, all on one axis of time: faults, throughput, latency, and the status array.
 *
 * Small multiples above a common axis (Tufte 1983): what follows from what is seen by looking down.
 */
import { chartLatency, chartThroughput } from './charts.ts';
import { faultLanes } from './fault-lanes.ts';
import { element, line, rect, text, type Box } from './svg.ts';
import { isWhole, type Timeline } from './timeline.ts';

export const PICTURE_WIDTH = 1_080;
const LEFT = 92;
const RIGHT = 16;
const GAP = 30;
const THROUGHPUT_HEIGHT = 150;
const LATENCY_HEIGHT = 120;
const STATUS_HEIGHT = 18;
const STATUS_PITCH = 23;
const AXIS_HEIGHT = 34;
const TICKS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1_800, 3_600] as const;
const TICKS_WANTED = 14;

/** Where a time stands. */
export interface TimeAxis {
  readonly left: number;
  readonly right: number;
  readonly endMs: number;
  x(atMs: number): number;
}

export function drawPicture(timeline: Timeline): string {
  const axis = timeAxis(timeline.endMs);
  const parts: string[] = [];
  let y = 20;
  const heading = (name: string): void => {
    parts.push(text(axis.left, y - 7, name, { class: 'heading' }));
  };
  const plot = (height: number): Box => {
    const box = { x: axis.left, y, width: axis.right - axis.left, height };
    y += height + GAP;
    return box;
  };
  const top = y;
  heading('Faults');
  const lanes = faultLanes(timeline, axis, y);
  parts.push(lanes.markup);
  y += lanes.height + GAP;
  heading('Answers a second');
  parts.push(chartThroughput(timeline, axis, plot(THROUGHPUT_HEIGHT)));
  heading('Latency (logarithmic)');
  parts.push(chartLatency(timeline, axis, plot(LATENCY_HEIGHT)));
  heading('Status array');
  const rows = statusRows(timeline, axis, y);
  parts.push(rows.markup);
  y += rows.height + 8;
  const marks = [lanes.bands(top, y), ...phaseMarks(timeline, axis, top, y)];
  const height = y + AXIS_HEIGHT;
  return element('svg', {
    viewBox: `0 0 ${PICTURE_WIDTH} ${height}`, role: 'img', xmlns: 'http://www.w3.org/2000/svg',
    'aria-label': 'Faults, throughput, latency and status array over time',
  }, [...marks, ...parts, timeTicks(axis, y)].join('\n'));
}

function timeAxis(endMs: number): TimeAxis {
  const left = LEFT;
  const right = PICTURE_WIDTH - RIGHT;
  const whole = Math.max(1, endMs);
  const x = (atMs: number): number =>
    left + ((right - left) * Math.min(Math.max(0, atMs), whole)) / whole;
  return { left, right, endMs: whole, x };
}

interface Rows {
  readonly markup: string;
  readonly height: number;
}

/** A row for each backend: in sync, out, or unknown because the frontend did not answer. */
function statusRows({ statuses, endMs }: Timeline, axis: TimeAxis, y: number): Rows {
  const count = Math.max(0, ...statuses.map(({ bits }) => bits?.length ?? 0));
  const parts = Array.from({ length: count }, (_, at) => {
    const top = y + at * STATUS_PITCH;
    const name = text(axis.left - 10, top + 13.5, `backend ${at + 1}`, { class: 'label end' });
    return name + spansOf(statuses, endMs, at).map(({ fromMs, toMs, bit }) => {
      const x = axis.x(fromMs);
      const box = { x, y: top, width: axis.x(toMs) - x, height: STATUS_HEIGHT };
      const words = `backend ${at + 1} ${STATUS_WORDS[bit]} ` +
        `${seconds(fromMs)}–${seconds(toMs)} s`;
      const mark = box.width > 12 && bit !== 'unknown'
        ? text(x + 5, top + 13, bit === 'up' ? '1' : '0', { class: `bit ${bit}-bit` }) : '';
      return rect(box, bit, words) + mark;
    }).join('');
  });
  return { markup: parts.join('\n'), height: count * STATUS_PITCH };
}

type BitKind = 'up' | 'down' | 'unknown';
const STATUS_WORDS: Readonly<Record<BitKind, string>> = {
  up: 'in sync', down: 'not in sync', unknown: 'unknown (the frontend does not answer)',
};

interface StatusSpan {
  readonly fromMs: number;
  toMs: number;
  readonly bit: BitKind;
}

function spansOf(statuses: Timeline['statuses'], endMs: number, at: number): StatusSpan[] {
  const spans: StatusSpan[] = [];
  for (const { atMs, bits } of statuses) {
    const bit = bits === undefined ? 'unknown' : bits[at] === 1 ? 'up' : 'down';
    const last = spans.at(-1);
    if (last !== undefined) last.toMs = atMs;
    if (last?.bit !== bit) spans.push({ fromMs: spans.length === 0 ? 0 : atMs, toMs: endMs, bit });
  }
  const last = spans.at(-1);
  if (last !== undefined) last.toMs = endMs;
  return spans;
}

/** Where the faults end, and where all was whole again for good. */
function phaseMarks(timeline: Timeline, axis: TimeAxis, top: number, bottom: number): string[] {
  return timeline.phases.filter(({ name }) => name === 'healing').flatMap(({ atMs }) => {
    const x = axis.x(atMs);
    const whole = timeline.statuses.at(-1);
    const back = whole !== undefined && isWhole(whole) && whole.atMs > atMs
      ? [line(axis.x(whole.atMs), top, axis.x(whole.atMs), bottom, 'phase whole')] : [];
    return [
      line(x, top - 14, x, bottom, 'phase'),
      text(x - 5, top - 7, 'healing', { class: 'label end' }), ...back,
    ];
  });
}

function timeTicks(axis: TimeAxis, y: number): string {
  const endS = axis.endMs / 1_000;
  const step = TICKS_S.find((each) => endS / each <= TICKS_WANTED) ?? 7_200;
  const parts = [line(axis.left, y, axis.right, y, 'axis')];
  for (let at = 0; at <= endS; at += step) {
    const x = axis.x(at * 1_000);
    parts.push(line(x, y, x, y + 5, 'axis'), text(x, y + 19, `${at} s`, { class: 'label mid' }));
  }
  return parts.join('');
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1_000).toFixed(1);
}
