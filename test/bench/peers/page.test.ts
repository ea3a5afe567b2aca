import t from 'tap';
import type { Growth, OverloadBin } from './growth-plan.ts';
import { comparisonOf } from './made-comparison.ts';
import { formatPage } from './page.ts';
import { logScale } from './plots.ts';
import { formatGrowth } from './text.ts';

const comparison = comparisonOf(
  { bankd: { w1: 2_345, w2: 34_567 }, redis: { w1: 1_234, w2: 23_456 } },
  { redis: { w2: ['books: 1 < 2'] } });

const steady: OverloadBin = { offered: 100, done: 100, shed: 0, late: 0, p50: 1 };
const points = [
  { at: 0, throughput: 1_111, p50: 0.25, p99: 0.75 },
  { at: 1_000, throughput: 2_222, p50: 0.35, p99: 0.85 },
];
const growth: Growth = {
  startedAt: '2026-01-02T03:04:05.000Z', machine: '2 x processors', seconds: 3,
  sweeps: { clients: points, batch: points, accounts: points, journal: points },
  overload: {
    binMs: 250, bins: Array.from({ length: 8 }, () => steady), fromMs: 500, toMs: 1_000,
    peak: 400, offered: 1_600, p50: 400, p99: 900, books: undefined,
  },
  faults: ['10000000 accounts: no room'],
};

t.test('page: every element is closed, and nothing comes from elsewhere', async (t) => {
  for (const page of [{ comparison }, { growth }, { comparison, growth }]) {
    const html = formatPage(page);
    t.equal(misnested(html), undefined);
    t.notMatch(html, /<script|<link|src=|href=|url\(|https?:/);
    t.notMatch(html, /NaN|undefined|Infinity/);
  }
});

t.test('page: it holds each figure, targets, what is missing and what is wrong', async (t) => {
  const html = formatPage({ comparison, growth });
  const words = [
    '2,345', '34,567', '1,234', '23,456', '1.90', '1.47', 'met', 'missed', 'not measured',
    'no etcd: package etcd-server', 'redis w2: books: 1 &lt; 2', '&lt;redis&gt;',
    '1,111', '2,222', '0.75', '0.85', '10000000 accounts: no room', 'FAILED',
    'prefers-color-scheme',
  ];
  for (const each of words) t.ok(html.includes(each), each);
});

t.test('page: growth has the same as text', async (t) => {
  const text = formatGrowth(growth);
  for (const each of ['1,111', '0.85', 'FAILED', 'not measured: 10000000 accounts: no room'])
    t.ok(text.includes(each), each);
});

t.test('plots: a logarithmic axis has whole decades, and 0 before them', async (t) => {
  const plain = logScale([2, 500]);
  t.same(plain.ticks, [1, 10, 100, 1_000]);
  t.equal(plain.part(1), 0);
  t.equal(plain.part(1_000), 1);
  const withZero = logScale([0, 100, 1_000]);
  t.same(withZero.ticks, [0, 100, 1_000]);
  t.same([0, 100, 1_000].map(withZero.part), [0, 0.5, 1]);
  t.same(logScale([10]).ticks, [10, 100], 'a single value');
});

/** The first end of an element that is none, or what is left open; undefined where all is well. */
function misnested(html: string): string | undefined {
  const open: string[] = [];
  const tags = html.replace(/^<!doctype html>/, '').replace(/<style>[^]*?<\/style>/, '')
    .matchAll(/<(\/?)([a-z0-9]+)((?:\s+[\w:-]+="[^"<>]*")*)\s*(\/?)>|[<>]/gi);
  for (const [tag, isEnd, name = '', , isEmpty] of tags) {
    if (name === '') return `a bare ${tag}`;
    if (isEnd === '/') {
      if (open.pop() !== name) return tag;
    } else if (isEmpty !== '/') open.push(name);
  }
  return open.length === 0 ? undefined : `${open.join()} left open`;
}
