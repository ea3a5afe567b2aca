/** The plots of the page, as inline SVG. */
import {
  element, line, lineTo, move, path, rect, text, type Box,
} from '../../../src/chaos/svg.ts';
import { BANKD, type Section } from './figures.ts';
import type { GrowthPoint, Overload } from './growth-plan.ts';
import { millisecondsText, ratioText, wholeText } from './text.ts';

const WIDTH = 1_080;
const BAR_HEIGHT = 28;
const NAME_WIDTH = 300;
const FIGURES_WIDTH = 330;

/** A bar for each contender: operations a second, on a linear axis. */
export function plotBars({ rows }: Section): string {
  const most = Math.max(...rows.map(({ figures }) => figures.throughput));
  const room = WIDTH - NAME_WIDTH - FIGURES_WIDTH;
  const bars = rows.map(({ contender, figures, ratio }, at) => {
    const y = at * BAR_HEIGHT + 4;
    const width = Math.max(1, room * figures.throughput / most);
    const times = `p50 ${millisecondsText(figures.p50)}, p99 ${millisecondsText(figures.p99)} ms`;
    const part = ratio === undefined ? '' : `, bankd ${ratioText(ratio)} times`;
    const words = `${wholeText(figures.throughput)}/s (${times}${part})`;
    const kind = contender.key === BANKD ? 'ours' : 'theirs';
    return text(NAME_WIDTH - 10, y + 14, contender.name, { class: 'heading end' }) +
      rect({ x: NAME_WIDTH, y, width, height: BAR_HEIGHT - 8 }, kind, words) +
      text(NAME_WIDTH + width + 8, y + 14, words, { class: 'label' });
  });
  return picture(WIDTH, rows.length * BAR_HEIGHT + 4, 'operations a second', bars);
}

interface Curve {
  readonly name: string;
  /** A class of the page's style: `p50`, `p99`, … */
  readonly kind: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

interface Plot {
  readonly title: string;
  readonly xWords: string;
  readonly yText: (value: number) => string;
  readonly curves: readonly Curve[];
  readonly width: number;
  readonly isLinear?: boolean;
}

const PLOT_HEIGHT = 300;
const MARGIN = { left: 76, right: 24, top: 40, bottom: 44 } as const;

/** Throughput, and beside it how long one takes, both axes logarithmic. */
export function plotGrowth(points: readonly GrowthPoint[], xWords: string): string {
  const of = (figure: 'throughput' | 'p50' | 'p99'): Curve['points'] =>
    points.map((point) => [point.at, point[figure]]);
  const width = WIDTH / 2;
  const throughput = plot({
    title: 'operations a second', xWords, width, yText: shortText,
    curves: [{ name: 'bankd', kind: 'p50', points: of('throughput') }],
  });
  const latency = plot({
    title: 'latency', xWords, width, yText: (ms) => `${shortText(ms)} ms`,
    curves: [
      { name: 'p50', kind: 'p50', points: of('p50') },
      { name: 'p99', kind: 'p99', points: of('p99') },
    ],
  });
  const beside = element('g', { transform: `translate(${width} 0)` }, latency);
  return picture(WIDTH, PLOT_HEIGHT, `growth with ${xWords}`, [throughput, beside]);
}

/** What was asked for, done and turned away, over time. */
export function plotOverload({ bins, binMs, fromMs, toMs }: Overload): string {
  const perSecond = 1_000 / binMs;
  const of = (count: (at: number) => number): Curve['points'] =>
    bins.map((_, at) => [(at + 0.5) * binMs / 1_000, count(at) * perSecond]);
  const drawn = plot({
    title: 'a second', xWords: `seconds; overload from ${(fromMs / 1_000).toFixed(1)} s to ` +
      `${(toMs / 1_000).toFixed(1)} s`,
    width: WIDTH, yText: shortText, isLinear: true,
    curves: [
      { name: 'asked for', kind: 'asked', points: of((at) => bins[at]?.offered ?? 0) },
      { name: 'turned away', kind: 'shed', points: of((at) => bins[at]?.shed ?? 0) },
      { name: 'not in time', kind: 'p99', points: of((at) => bins[at]?.late ?? 0) },
      { name: 'done', kind: 'p50', points: of((at) => bins[at]?.done ?? 0) },
    ],
  });
  return picture(WIDTH, PLOT_HEIGHT, 'overload', [drawn]);
}

function plot({ title, xWords, yText, curves, width, isLinear = false }: Plot): string {
  const box: Box = {
    x: MARGIN.left, y: MARGIN.top, width: width - MARGIN.left - MARGIN.right,
    height: PLOT_HEIGHT - MARGIN.top - MARGIN.bottom,
  };
  const all = curves.flatMap(({ points }) => points);
  const scale = isLinear ? linearScale : logScale;
  const across = scale(all.map(([x]) => x));
  const up = scale(all.map(([, y]) => y));
  const x = (value: number): number => box.x + box.width * across.part(value);
  const y = (value: number): number => box.y + box.height * (1 - up.part(value));
  const bottom = box.y + box.height;
  const ticks = [
    ...up.ticks.map((value) => line(box.x, y(value), box.x + box.width, y(value), 'grid') +
      text(box.x - 8, y(value) + 4, yText(value), { class: 'label end' })),
    ...across.ticks.map((value) => line(x(value), bottom, x(value), bottom + 5, 'axis') +
      text(x(value), bottom + 18, shortText(value), { class: 'label mid' })),
  ];
  const drawn = curves.map(({ name, kind, points }) => {
    const known = points.filter(([, value]) => Number.isFinite(value));
    const steps = known.map(([at, value], index) =>
      (index === 0 ? move : lineTo)(x(at), y(value)));
    // On a linear axis, time, there are too many.
    const dots = isLinear ? [] : known.map(([at, value]) => element('circle',
      { cx: x(at), cy: y(value), r: 3.5, class: `${kind} swatch` },
      element('title', {}, `${name}: ${yText(value)} at ${wholeText(at)}`)));
    return path(steps, kind) + dots.join('');
  });
  let legendX = box.x + 170;
  const legend = curves.map(({ name, kind }) => {
    const mark = rect({ x: legendX, y: 12, width: 10, height: 10 }, `${kind} swatch`) +
      text(legendX + 15, 21, name, { class: 'label' });
    legendX += 7 * name.length + 36;
    return mark;
  });
  return [
    text(box.x, 21, title, { class: 'heading' }), ...legend, ...ticks, ...drawn,
    text(box.x + box.width / 2, PLOT_HEIGHT - 6, xWords, { class: 'label mid' }),
  ].join('\n');
}

/** Where between the ends of an axis a value lies, and what is written there. */
interface Scale {
  readonly part: (value: number) => number;
  readonly ticks: readonly number[];
}

/** Whole decades; 0 stands a decade before the smallest other value. */
export function logScale(values: readonly number[]): Scale {
  const positive = values.filter((value) => value > 0);
  const hasZero = values.includes(0);
  const least = Math.floor(Math.log10(Math.min(...positive, 1e12)) + 1e-9);
  const low = hasZero ? least - 1 : least;
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...positive, 1e-12)) - 1e-9));
  const ticks = Array.from({ length: high - low + 1 }, (_, at) => 10 ** (low + at));
  if (hasZero) ticks[0] = 0;
  return {
    part: (value) => value > 0 ? (Math.log10(value) - low) / (high - low) : 0, ticks,
  };
}

function linearScale(values: readonly number[]): Scale {
  const most = Math.max(...values, 1e-9);
  const power = 10 ** Math.floor(Math.log10(most));
  const step = ([0.2, 0.5, 1, 2].find((each) => most / (each * power) <= 6) ?? 2) * power;
  const top = Math.ceil(most / step - 1e-9) * step;
  const ticks = Array.from({ length: Math.round(top / step) + 1 }, (_, at) => at * step);
  return { part: (value) => value / top, ticks };
}

/** `1`, `500`, `10k`, `2M`. */
function shortText(value: number): string {
  const trim = (number: number): string => String(Number(number.toPrecision(3)));
  if (value >= 1e6) return `${trim(value / 1e6)}M`;
  return value >= 1e4 ? `${trim(value / 1e3)}k` : trim(value);
}

function picture(width: number, height: number, words: string, parts: readonly string[]): string {
  const attributes = { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': words };
  return element('svg', attributes, `\n${parts.join('\n')}\n`);
}
