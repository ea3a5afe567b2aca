/** The two charts of the picture: throughput in bins of time, and latency on a logarithmic axis. */
import type { TimeAxis } from './picture.ts';
import { line, lineTo, move, path, rect, text, type Box } from './svg.ts';
import type { Bin, Timeline } from './timeline.ts';

/** So wide is the longest heading. */
const HEADING_WIDTH = 160;

/** Answers OK, and stacked above them the refused ones; what is unknown is marked below. */
export function chartThroughput(timeline: Timeline, axis: TimeAxis, box: Box): string {
  const rates = timeline.bins.map((bin, at) => {
    const perSecond = 1_000 / widthOf(timeline, at);
    return { ok: bin.ok * perSecond, all: (bin.ok + bin.fail) * perSecond, unknown: bin.info };
  });
  const top = niceCeiling(Math.max(1, ...rates.map(({ all }) => all)));
  const y = (rate: number): number => box.y + box.height * (1 - rate / top);
  const ticks = [0, top / 2, top].map((rate) => tick(axis, y(rate), thousands(rate)));
  const area = (kind: string, value: (at: number) => number): string =>
    path(stepArea(timeline, axis, value, y), kind);
  const marks = rates.flatMap(({ unknown }, at) => unknown === 0 ? [] : [rect({
    x: axis.x(at * timeline.binMs), y: box.y + box.height - 7,
    width: Math.max(3, axis.x((at + 1) * timeline.binMs) - axis.x(at * timeline.binMs)), height: 7,
  }, 'unknown-mark', `${unknown} outcomes unknown`)]);
  return [
    ...ticks,
    area('refused', (at) => rates[at]?.all ?? 0),
    area('ok', (at) => rates[at]?.ok ?? 0),
    ...marks,
    legend(box, [['ok', 'OK'], ['refused', 'refused'], ['unknown-mark', 'unknown']]),
  ].join('\n');
}

export function chartLatency(timeline: Timeline, axis: TimeAxis, box: Box): string {
  const answered = timeline.bins.filter(({ latency }) => latency.count > 0);
  const lows = answered.map(({ latency }) => latency.percentile(50));
  const highs = answered.map(({ latency }) => latency.percentile(99));
  const low = Math.floor(Math.log10(Math.min(100_000, ...lows)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(10, ...highs))));
  const y = (us: number): number =>
    box.y + box.height * (1 - (Math.log10(Math.max(1, us)) - low) / (high - low));
  const decades = Array.from({ length: high - low + 1 }, (_, at) => 10 ** (low + at));
  const curve = (kind: string, percentile: number): string => path(
    curveOf(timeline, axis, ({ latency }) => y(latency.percentile(percentile))), kind,
  );
  return [
    ...decades.map((us) => tick(axis, y(us), duration(us))),
    curve('p99', 99),
    curve('p50', 50),
    legend(box, [['p99', 'p99'], ['p50', 'p50']]),
  ].join('\n');
}

/** The last bin ends with the run. */
function widthOf({ bins, binMs, phases, endMs }: Timeline, at: number): number {
  if (at < bins.length - 1) return binMs;
  const end = phases.find(({ name }) => name === 'reading back')?.atMs ?? endMs;
  return Math.min(binMs, Math.max(binMs / 4, end - at * binMs));
}

function stepArea(
  timeline: Timeline,
  axis: TimeAxis,
  value: (at: number) => number,
  y: (rate: number) => number,
): readonly string[] {
  const steps = [move(axis.x(0), y(0))];
  for (const at of timeline.bins.keys()) {
    const level = y(value(at));
    const [from, to] = [at, at + 1].map((bin) => axis.x(bin * timeline.binMs)) as [number, number];
    steps.push(lineTo(from, level), lineTo(to, level));
  }
  return [...steps, lineTo(axis.x(timeline.bins.length * timeline.binMs), y(0)), 'Z'];
}

/** Broken where nothing was answered: a line there would tell what nobody measured. */
function curveOf(
  { bins, binMs }: Timeline,
  axis: TimeAxis,
  y: (bin: Bin) => number,
): readonly string[] {
  const steps: string[] = [];
  let isDrawing = false;
  for (const [at, bin] of bins.entries()) {
    const [from, to] = [at, at + 1].map((index) => axis.x(index * binMs)) as [number, number];
    if (bin.latency.count === 0) isDrawing = false;
    else {
      const level = y(bin);
      steps.push(isDrawing ? lineTo(from, level) : move(from, level), lineTo(to, level));
      isDrawing = true;
    }
  }
  return steps;
}

function tick(axis: TimeAxis, y: number, words: string): string {
  return line(axis.left, y, axis.right, y, 'grid') +
    text(axis.left - 10, y + 4, words, { class: 'label end' });
}

/** Above the chart, after its heading. */
function legend(box: Box, entries: readonly (readonly [kind: string, name: string])[]): string {
  let x = box.x + HEADING_WIDTH;
  return entries.map(([kind, name]) => {
    const mark = rect({ x, y: box.y - 16, width: 10, height: 10 }, `${kind} swatch`);
    const words = text(x + 15, box.y - 7, name, { class: 'label' });
    x += 7 * name.length + 32;
    return mark + words;
  }).join('');
}

/** 1, 2 or 5 times a power of ten, or what is just above. */
function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((each) => each * power >= value) ?? 10) * power;
}

function thousands(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

function duration(us: number): string {
  if (us >= 1_000_000) return `${us / 1_000_000} s`;
  return us >= 1_000 ? `${us / 1_000} ms` : `${us} µs`;
}
