/**
 * Everything that was measured on one page of HTML, which needs nothing but itself: no script, no
 * font, no picture from elsewhere; by day and by night, and on paper.
 */
import { REPORT_STYLE } from '../../../src/chaos/report-style.ts';
import { element, escapeText } from '../../../src/chaos/svg.ts';
import {
  faultsOf, judgeTargets, sectionsOf, type Comparison, type Section,
} from './figures.ts';
import {
  AXIS_WORDS, judgeOverload, overloadText, type Axis, type Growth, type Overload,
} from './growth-plan.ts';
import { WORKLOAD_WORDS } from './peer.ts';
import { plotBars, plotGrowth, plotOverload } from './plots.ts';
import { coresText, cpuText, millisecondsText, ratioText, wholeText } from './text.ts';

export interface Page {
  readonly comparison?: Comparison | undefined;
  readonly growth?: Growth | undefined;
}

const STYLE = `
.ours { fill: var(--ok); } .theirs { fill: var(--unknown); }
path.asked { fill: none; stroke: var(--soft); stroke-width: 2; }
path.shed { fill: none; stroke: var(--bad-fill); stroke-width: 2; }
.asked.swatch { fill: var(--soft); } .shed.swatch { fill: var(--bad-fill); }
td.ratio { font-weight: 600; }
`;

export function formatPage({ comparison, growth }: Page): string {
  const { startedAt = '', machine = '' } = comparison ?? growth ?? {};
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<title>bankd: speed</title>
<style>${REPORT_STYLE}${STYLE}</style>
</head>
<body>
<header>
<h1>bankd: speed</h1>
<span class="soft">${escapeText(`${startedAt} · ${machine}`)}</span>
</header>
${comparison === undefined ? '' : comparisonSections(comparison)}
${growth === undefined ? '' : growthSections(growth)}
</body>
</html>
`;
}

function comparisonSections(comparison: Comparison): string {
  const { rounds, seconds, contenders } = comparison;
  const about = `Medians of ${rounds} interleaved rounds of ${seconds} s; clients, servers and ` +
    'disks share one machine; a system’s servers run only in its own turns. CPU: processor ' +
    'seconds of all servers for 1,000 operations. Foreign: processors busy for others meanwhile.';
  const settings = contenders.map(({ name, setting, missing }) => row([
    ['whole-word', name], ['', missing === undefined ? setting : `not measured: ${missing}`],
  ]));
  return `<p>${about}</p>
${faultsText(faultsOf(comparison))}
<h2>Targets</h2>
${targetsTable(comparison)}
${sectionsOf(comparison).map(workloadSection).join('\n')}
<h2>Who takes part</h2>
${table([['', ''], ['', 'how durable an answer is, and how it is set up']], settings)}`;
}

function targetsTable(comparison: Comparison): string {
  const nameOf = (key: string): string =>
    comparison.contenders.find((contender) => contender.key === key)?.name ?? key;
  const rows = judgeTargets(comparison).map(({ workload, against, ratio, reached, isMet }) => {
    const [kind, word] = reached === undefined ? ['undecided', 'not measured']
      : isMet ? ['passed', 'met'] : ['violated', 'missed'];
    return row([
      ['whole-word', `${workload.toUpperCase()}, ${WORKLOAD_WORDS[workload]}`],
      ['', nameOf(against)],
      ['number', String(ratio)],
      ['number', reached === undefined ? '–' : ratioText(reached)],
      [`word ${kind}`, word],
    ]);
  });
  const numbers = numberHeads(['at least', 'measured']);
  return table([['', ''], ['', 'times'], ...numbers, ['', '']], rows);
}

function workloadSection(section: Section): string {
  const { workload, rows } = section;
  const lines = rows.map(({ contender, figures, ratio }) => row([
    ['whole-word', contender.name],
    ['number', wholeText(figures.throughput)],
    ['number', millisecondsText(figures.p50)],
    ['number', millisecondsText(figures.p99)],
    ['number', millisecondsText(figures.max)],
    ['number', cpuText(figures.cpuPer1000)],
    ['number', coresText(figures.foreignCores)],
    ['number ratio', ratio === undefined ? '' : ratioText(ratio)],
  ]));
  const names = ['ops/s', 'p50 ms', 'p99 ms', 'max ms', 'CPU s/1,000', 'foreign', 'bankd : it'];
  const heads: Cell[] = [['', ''], ...numberHeads(names)];
  return `<section>
<h2>${workload.toUpperCase()}: ${WORKLOAD_WORDS[workload]}</h2>
<figure>
${plotBars(section)}
</figure>
${table(heads, lines)}
</section>`;
}

function growthSections({ sweeps, overload, seconds, faults }: Growth): string {
  const sections = Object.entries(sweeps).map(([axis, points]) => {
    if (points.length === 0) return '';
    const words = AXIS_WORDS[axis as Axis];
    const lines = points.map(({ at, throughput, p50, p99 }) => row([
      ['number', wholeText(at)], ['number', wholeText(throughput)],
      ['number', millisecondsText(p50)], ['number', millisecondsText(p99)],
    ]));
    return `<section>
<h2>Growth: ${words}</h2>
<figure>
${plotGrowth(points, axis)}
</figure>
${table(numberHeads([axis, 'ops/s', 'p50 ms', 'p99 ms']), lines)}
</section>`;
  });
  return `<p>How bankd’s cost grows: one run of ${seconds} s a point, each on a new bank.</p>
${faultsText(faults)}
${sections.join('\n')}
${overload === undefined ? '' : overloadSection(overload)}`;
}

function overloadSection(overload: Overload): string {
  const kind = judgeOverload(overload).isPassed ? 'passed' : 'violated';
  return `<section>
<h2>Overload</h2>
<p class="${kind}">${escapeText(overloadText(overload))}</p>
<figure>
${plotOverload(overload)}
</figure>
</section>`;
}

function faultsText(faults: readonly string[]): string {
  return faults.map((fault) => `<p class="violated">${escapeText(fault)}</p>`).join('\n');
}

type Cell = readonly [kind: string, words: string];

function row(cells: readonly Cell[]): string {
  const inside = cells.map(([kind, words]) => element('td', { class: kind }, escapeText(words)));
  return element('tr', {}, inside.join(''));
}

function numberHeads(names: readonly string[]): readonly Cell[] {
  return names.map((name) => ['number', name]);
}

function table(heads: readonly Cell[], rows: readonly string[]): string {
  const cells = heads.map(([kind, words]) =>
    element('th', { class: kind }, escapeText(words))).join('');
  const head = `<thead><tr>${cells}</tr></thead>`;
  return `<table>\n${head}\n<tbody>\n${rows.join('\n')}\n</tbody>\n</table>`;
}
