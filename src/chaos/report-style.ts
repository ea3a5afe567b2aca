/**
 * How a report looks: on a screen by day and by night, and on paper. The two colours that mean good
 * and bad differ in lightness too, so that they are told apart without colour.
 */
const LIGHT = `
  --paper: #ffffff; --ink: #1c2430; --soft: #5b6675; --rule: #dde2e8; --card: #f6f8fa;
  --good: #1f7a63; --good-fill: #58b79b; --bad: #b3261e; --bad-fill: #e4572e; --warn: #8a5a00;
  --ok: #3b76b8; --refused: #c4d7ec; --unknown: #b3b9c2; --band: #e4572e; --p99: #8c4fa8;
  --recovering: #f6c9b8; --on-fill: #ffffff;`;
const DARK = `
  --paper: #12161c; --ink: #e6eaf0; --soft: #98a3b3; --rule: #2b333f; --card: #1a2029;
  --good: #6fd3b2; --good-fill: #2f8f74; --bad: #ff8a70; --bad-fill: #d9522c; --warn: #f0b95a;
  --ok: #5b9be0; --refused: #2f4a68; --unknown: #4a5361; --band: #d9522c; --p99: #c993e3;
  --recovering: #5c3226; --on-fill: #ffffff;`;

export const REPORT_STYLE: string = `
:root { color-scheme: light dark; ${LIGHT} }
@media (prefers-color-scheme: dark) { :root { ${DARK} } }
@media print {
  :root { color-scheme: light; ${LIGHT} }
  body { padding: 0; max-width: none; font-size: 11px; }
  figure, section, tr { break-inside: avoid; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 28px 24px 48px; max-width: 1128px; background: var(--paper);
  color: var(--ink); font: 14px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans',
  'DejaVu Sans', sans-serif;
}
header { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 18px; }
h1 { font-size: 22px; margin: 0; }
h2 { font-size: 15px; margin: 30px 0 8px; }
p { margin: 6px 0; }
.verdict { padding: 3px 14px; border-radius: 6px; font-weight: 700; border: 2px solid; }
.passed { color: var(--good); } .violated, .not-back { color: var(--bad); }
.undecided, .unchecked, .interrupted { color: var(--warn); }
.soft { color: var(--soft); }
code, pre { font: 12.5px/1.5 ui-monospace, 'SF Mono', Menlo, 'DejaVu Sans Mono', monospace; }
pre {
  background: var(--card); border: 1px solid var(--rule); border-radius: 6px; padding: 10px 14px;
  margin: 8px 0; white-space: pre-wrap; overflow-wrap: anywhere;
}
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(104px, 1fr)); gap: 8px;
  margin: 18px 0 0; }
dl div { background: var(--card); border: 1px solid var(--rule); border-radius: 6px;
  padding: 7px 10px; }
dt { color: var(--soft); font-size: 12px; white-space: nowrap; }
dd { margin: 0; font-size: 18px; font-weight: 600; font-variant-numeric: tabular-nums;
  white-space: nowrap; }
dd small { font-size: 12px; font-weight: 400; color: var(--soft); }
figure { margin: 22px 0 0; }
figcaption { color: var(--soft); font-size: 12.5px; margin-top: 4px; }
svg { display: block; width: 100%; height: auto; font-size: 12px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 5px 12px 5px 0; border-bottom: 1px solid var(--rule);
  vertical-align: top; }
th { color: var(--soft); font-weight: 600; font-size: 12px; }
.number { text-align: right; white-space: nowrap; }
td.word { font-weight: 600; white-space: nowrap; } .whole-word { white-space: nowrap; }
.label { fill: var(--soft); } .heading { fill: var(--ink); font-weight: 600; }
.end { text-anchor: end; } .mid { text-anchor: middle; }
.grid { stroke: var(--rule); } .axis { stroke: var(--soft); }
.phase { stroke: var(--soft); stroke-dasharray: 4 3; } .phase.whole { stroke: var(--good); }
.band { fill: var(--band); opacity: 0.1; }
.fault { fill: var(--bad-fill); } .recovering { fill: var(--recovering); }
.fault-label { fill: var(--ink); }
path.ok, .ok.swatch { fill: var(--ok); } path.refused, .refused.swatch { fill: var(--refused); }
.unknown-mark { fill: var(--bad); }
path.p50 { fill: none; stroke: var(--ok); stroke-width: 2; } .p50.swatch { fill: var(--ok); }
path.p99 { fill: none; stroke: var(--p99); stroke-width: 2; } .p99.swatch { fill: var(--p99); }
.up { fill: var(--good-fill); } .down { fill: var(--bad-fill); } .unknown { fill: var(--unknown); }
.bit { fill: var(--on-fill); font-size: 11px; font-weight: 600; }
`;
