/** A timeline as a picture: one SVG file that needs nothing beside it. */
import type { Bar, Timeline } from './timeline.ts';

const COLUMN = 7.5;
const ROW = 44;
const BAR = 26;
const MARGIN = 16;
const LINE = 18;
const STYLE = `text{font:13px ui-monospace,Menlo,Consolas,monospace;fill:#1c2530}
.name,.title{font-weight:bold}.row{stroke:#d5dbe3}
.bar{fill:#d8e8ff;stroke:#2f6fc4}.optional{fill:#f3f3f3;stroke:#8a8f98;stroke-dasharray:4 3}
@media(prefers-color-scheme:dark){svg{background:#14181d}text{fill:#e4e8ee}
.bar{fill:#1d3a5f}.optional{fill:#2a2e34}.row{stroke:#333a44}}`;

/** `title` and the `sentences` stand above and below the picture. */
export function timelineSvg(
  timeline: Timeline, title: string, sentences: readonly string[],
): string {
  const { rows, bars, width } = timeline;
  const names = rows.map((process) => `client ${process}`);
  const left = MARGIN + (Math.max(0, ...names.map((name) => name.length)) + 2) * COLUMN;
  const top = MARGIN + 2 * LINE;
  const bottom = top + rows.length * ROW;
  const texts = [title, ...sentences];
  const longest = Math.max(...texts.map((text) => text.length)) * COLUMN;
  const right = Math.max(left + (width + 2) * COLUMN, longest) + 2 * MARGIN;
  const height = bottom + (sentences.length + 1) * LINE + MARGIN;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${right}" height="${height}" ` +
      `viewBox="0 0 ${right} ${height}" role="img">`,
    `<title>${escape(title)}</title><style>${STYLE}</style>`,
    text(MARGIN, MARGIN + LINE / 2, title, 'title'),
    ...names.flatMap((name, row) => rowSvg(name, top + row * ROW, left, right)),
    ...bars.flatMap((bar) => barSvg(bar, left, top)),
    ...sentences.map((sentence, at) => text(MARGIN, bottom + (at + 1) * LINE, sentence, 'word')),
    '</svg>', '',
  ].join('\n');
}

function rowSvg(name: string, y: number, left: number, right: number): string[] {
  const middle = y + ROW / 2;
  return [
    `<line class="row" x1="${left}" x2="${right - MARGIN}" y1="${middle}" y2="${middle}"/>`,
    text(MARGIN, middle + 5, name, 'name'),
  ];
}

function barSvg({ row, start, end, label, isOptional }: Bar, left: number, top: number): string[] {
  const x = left + start * COLUMN;
  const y = top + row * ROW + (ROW - BAR) / 2;
  const width = Math.max((end - start + 1) * COLUMN, (label.length + 2) * COLUMN);
  const kind = isOptional ? 'bar optional' : 'bar';
  return [
    `<rect class="${kind}" x="${x}" y="${y}" width="${width}" height="${BAR}" rx="4"/>`,
    text(x + COLUMN, y + BAR - 8, label, 'label'),
  ];
}

function text(x: number, y: number, words: string, kind: string): string {
  return `<text class="${kind}" x="${x}" y="${y}">${escape(words)}</text>`;
}

function escape(words: string): string {
  return words
    .replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    // What XML has no room for.
    .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '?');
}
