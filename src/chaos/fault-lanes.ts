/** The faults of a run as labelled spans, in as many lanes as they overlap. */
import { lasts } from './fault.ts';
import type { TimeAxis } from './picture.ts';
import { formatOrder } from './plan.ts';
import { rect, text } from './svg.ts';
import { aftermathOf, takenBy, type FaultSpan, type Timeline } from './timeline.ts';

export interface FaultLanes {
  readonly markup: string;
  readonly height: number;
  /** The faults' times, to be laid behind everything from top to bottom. */
  readonly bands: (top: number, bottom: number) => string;
}

const LANE_HEIGHT = 20;
/** What finds no lane any more is drawn below them, without a label. */
const LANES_MAX = 8;
const CHAR_WIDTH = 6.6;
const MARK_WIDTH = 4;

export function faultLanes(timeline: Timeline, axis: TimeAxis, y: number): FaultLanes {
  const done = timeline.faults.filter(({ trouble }) => trouble === undefined);
  /** Where each lane is free again. */
  const ends: number[] = [];
  let isCrowded = false;
  const parts = done.map((fault) => {
    const name = labelOf(fault);
    const x = axis.x(fault.atMs);
    const end = axis.x(endOf(fault));
    const backX = axis.x(backOf(fault, timeline));
    const labelX = Math.min(end + 5, axis.right - name.length * CHAR_WIDTH);
    const until = Math.max(backX, labelX + name.length * CHAR_WIDTH) + 8;
    const lane = takeLane(ends, x, until);
    isCrowded ||= lane === undefined;
    const top = y + LANE_HEIGHT * (lane ?? LANES_MAX);
    const title = `${formatOrder(fault.order)}: ${fault.words.join('; ')}`;
    return [
      rect({ x, y: top + 3, width: backX - x, height: 12 }, 'recovering', title),
      rect({ x, y: top + 3, width: Math.max(MARK_WIDTH, end - x), height: 12 }, 'fault', title),
      lane !== undefined ? text(labelX, top + 13, name, { class: 'fault-label' }) : '',
    ].join('');
  });
  return {
    markup: parts.join('\n'),
    height: LANE_HEIGHT * Math.max(1, ends.length + (isCrowded ? 1 : 0)),
    bands: (top, bottom) => done.map((fault) => {
      const x = axis.x(fault.atMs);
      const width = Math.max(1, axis.x(endOf(fault)) - x);
      return rect({ x, y: top, width, height: bottom - top }, 'band');
    }).join(''),
  };
}

/** The first lane that is free, a new one, or none. */
function takeLane(ends: number[], x: number, until: number): number | undefined {
  const free = ends.findIndex((end) => end <= x);
  const lane = free >= 0 ? free : ends.length;
  if (lane >= LANES_MAX) return undefined;
  ends[lane] = until;
  return lane;
}

/** A kill is over at once; only its consequences last. */
function endOf({ order, atMs, endMs }: FaultSpan): number {
  return lasts(order.kind) ? Math.min(endMs ?? atMs, atMs + order.forMs) : atMs;
}

function backOf(fault: FaultSpan, timeline: Timeline): number {
  const { backAfterMs } = aftermathOf(fault, timeline);
  return backAfterMs === undefined ? endOf(fault) : fault.atMs + backAfterMs;
}

/** `kill 2,3`: what was done, and to which backends. */
function labelOf(fault: FaultSpan): string {
  const { order } = fault;
  const mode = order.mode === undefined || order.mode === 'both' ? '' : ` ${order.mode}`;
  const ids = takenBy(fault).join(',');
  return `${order.kind}${mode}${ids === '' ? '' : ` ${ids}`}`;
}
