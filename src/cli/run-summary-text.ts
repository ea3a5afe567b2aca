/** The end of a run on the terminal: the verdict, what it rests on, and how to repeat the run. */
import type { RunSummary } from '../chaos/run-summary.ts';

/** Of a finding, so many lines; the report has them all. */
const LINES_SHOWN = 12;

export function summaryLines(summary: RunSummary): readonly string[] {
  const { figures, history, command, events } = summary;
  const { seconds, ok, refused, unknown, okPerSecond } = figures;
  const { p50Ms, p99Ms, maxMs, longestGapMs } = figures;
  return [
    ...summary.findings.flatMap(({ about, word, lines }) => {
      const shown = lines.slice(0, LINES_SHOWN);
      const more = lines.length - shown.length;
      if (more > 0) shown.push(`and ${more} more lines`);
      const [first = '', ...rest] = word === 'passed' ? shown : [`${word}: ${shown[0]}`,
        ...shown.slice(1)];
      return [row(about, first), ...rest.map((line) => row('', line))];
    }),
    row('answers', `${ok} ok, ${refused} refused, ${unknown} unknown in ${seconds} s ` +
      `(${okPerSecond} ok/s); ${events} events`),
    row('latency', `p50 ${p50Ms} ms, p99 ${p99Ms} ms, max ${maxMs} ms; ` +
      `longest time without an OK ${longestGapMs} ms`),
    ...(history === undefined ? [] : [row('history', history)]),
    row('again', command),
    row('verdict', summary.verdict.toUpperCase()),
  ];
}

function row(name: string, text: string): string {
  return `${name.padEnd(8)}  ${text}`.trimEnd();
}
