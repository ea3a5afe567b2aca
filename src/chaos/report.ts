/**
 * A run on one page of HTML: the verdict, the figures, the picture, and what became of each fault.
 *
 * It needs nothing but itself: no script, no font, no picture from elsewhere; so it can be sent by
 * mail, printed, and read in ten years.
 */
import { isDeepStrictEqual } from 'node:util';
import { drawPicture } from './picture.ts';
import { REPORT_STYLE } from './report-style.ts';
import type { FaultSummary, Figures, RunSummary } from './run-summary.ts';
import type { Finding, VerdictWord } from './run-verdict.ts';
import { element, escapeText } from './svg.ts';
import type { Timeline } from './timeline.ts';

export const VERDICT_SENTENCES: Readonly<Record<VerdictWord, string>> = {
  passed: 'Every answer is explained by one order of all operations; nothing was lost or repeated.',
  violated: 'What clients were told, or what replicas hold, contradicts itself.',
  undecided: 'Nothing wrong was found, but not everything could be decided.',
  unchecked: 'Replicas and accounts are right; the history has not been checked.',
  'not-back': 'The bank did not come back within the time it had.',
  interrupted: 'The run was ended before its time; nothing wrong was found until then.',
};

export function formatReport(summary: RunSummary, timeline: Timeline): string {
  const { verdict, plan, seed } = summary;
  const title = `bankd chaos: ${plan}: ${verdict}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeText(title)}</title>
<style>${REPORT_STYLE}</style>
</head>
<body>
<header>
<h1>bankd chaos</h1>
<span class="verdict ${verdict}">${verdict.replace('-', ' ').toUpperCase()}</span>
<span class="soft">plan <b>${escapeText(plan)}</b> · seed <b>${seed}</b> ·
${summary.startedAt}</span>
</header>
<p>${VERDICT_SENTENCES[verdict]}</p>
${figureTiles(summary.figures)}
<figure>
${drawPicture(timeline)}
<figcaption>${CAPTION}</figcaption>
</figure>
<h2>Verdict</h2>
${findingsTable(summary.findings)}
${violations(summary.findings)}
<h2>Faults</h2>
${faultsTable(summary.faults)}
<section>
<h2>Again</h2>
<p>The same plan, the same choices:</p>
<pre>${escapeText(summary.command)}</pre>
<p class="soft">The plan, for a file of its own:</p>
<pre>${escapeText(summary.steps.join('\n'))}</pre>
</section>
<p class="soft">${escapeText(`${historyWords(summary)} bankd ${summary.version}.`)}</p>
</body>
</html>
`;
}

const CAPTION =
  'A fault is drawn while it lasts, and paler until those it took are in sync again. ' +
  'The dashed line is the end of the faults. 1 is in sync, 0 is not; grey: the frontend did ' +
  'not answer. The longest gap is the longest time without an OK.';

function historyWords({ history, events }: RunSummary): string {
  const count = `${thousands(events)} events were recorded`;
  return history === undefined ? `${count}.` : `${count} in ${history}.`;
}

function figureTiles(figures: Figures): string {
  const { seconds, ok, refused, unknown, okPerSecond, longestGapMs } = figures;
  const { p50Ms, p99Ms, maxMs } = figures;
  const tiles = [
    ['answered OK', thousands(ok), ''],
    ['refused', thousands(refused), ''],
    ['unknown', thousands(unknown), ''],
    ['duration', seconds.toFixed(1), 's'],
    ['throughput', thousands(okPerSecond), 'OK/s'],
    ['longest gap', ...timeOf(longestGapMs)],
    ['latency p50', ...timeOf(p50Ms)],
    ['latency p99', ...timeOf(p99Ms)],
    ['latency max', ...timeOf(maxMs)],
  ];
  const all = tiles.map(([name = '', value = '', unit = '']) =>
    `<div><dt>${name}</dt><dd>${value} <small>${unit}</small></dd></div>`);
  return `<dl>\n${all.join('\n')}\n</dl>`;
}

function findingsTable(findings: readonly Finding[]): string {
  const rows = findings.map(({ about, word, lines }) => {
    const shown = word === 'violated' ? lines.slice(0, 1) : lines;
    return row([
      ['', about], [`word ${word}`, word.replace('-', ' ')], ['', shown.join('; ')],
    ]);
  });
  return table(['', '', ''], rows);
}

/** In the words of who found it. */
function violations(findings: readonly Finding[]): string {
  return findings.filter(({ word }) => word === 'violated')
    .map(({ about, lines }) =>
      `<h2>What is wrong: ${about}</h2>\n<pre>${escapeText(lines.join('\n'))}</pre>`)
    .join('\n');
}

function faultsTable(faults: readonly FaultSummary[]): string {
  if (faults.length === 0) return '<p>None was done.</p>';
  const rows = withoutRepetitions(faults).map(({ fault, times }) => row([
    ['number', seconds(fault.atMs)],
    ['whole-word', fault.fault],
    ['', fault.done ? fault.words.join('; ') : failureWords(fault, times)],
    ['number', fault.changedAfterMs === undefined ? '–' : seconds(fault.changedAfterMs)],
    ['number', backWords(fault)],
  ]));
  return table(
    ['at', 'fault', 'what was done', 'noticed after', 'in sync after'],
    rows,
    [0, 3, 4],
  );
}

/** What was tried in vain again and again is one row. */
function withoutRepetitions(
  faults: readonly FaultSummary[],
): readonly { readonly fault: FaultSummary; readonly times: number }[] {
  const rows: { readonly fault: FaultSummary; times: number }[] = [];
  for (const fault of faults) {
    const last = rows.at(-1);
    const isAgain = last !== undefined && !fault.done && isDeepStrictEqual(
      { ...fault, atMs: 0 }, { ...last.fault, atMs: 0 },
    );
    if (isAgain) last.times += 1;
    else rows.push({ fault, times: 1 });
  }
  return rows;
}

function failureWords({ words }: FaultSummary, times: number): string {
  const often = times === 1 ? '' : ` (${times} times)`;
  return `could not be done${often}: ${words.join('; ')}`;
}

function backWords({ done, changedAfterMs, backAfterMs }: FaultSummary): string {
  if (!done || changedAfterMs === undefined) return '–';
  return backAfterMs === undefined ? 'not until the end' : seconds(backAfterMs);
}

type Cell = readonly [kind: string, words: string];

function row(cells: readonly Cell[]): string {
  const all = cells.map(([kind, words]) =>
    element('td', kind === '' ? {} : { class: kind }, escapeText(words)));
  return `<tr>${all.join('')}</tr>`;
}

function table(
  names: readonly string[],
  rows: readonly string[],
  numbers: readonly number[] = [],
): string {
  const heads = names.map((name, at) =>
    element('th', numbers.includes(at) ? { class: 'number' } : {}, name));
  const head = names.every((name) => name === '') ? '' : `<tr>${heads.join('')}</tr>`;
  return `<table>\n${[head, ...rows].filter((each) => each !== '').join('\n')}\n</table>`;
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1_000).toFixed(2)} s`;
}

function timeOf(milliseconds: number): readonly [string, string] {
  if (milliseconds >= 1_000) return [(milliseconds / 1_000).toFixed(2), 's'];
  return [milliseconds < 10 ? milliseconds.toFixed(1) : String(Math.round(milliseconds)), 'ms'];
}

function thousands(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
