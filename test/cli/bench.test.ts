/** `bankd bench`: its flags, and its results as text. */
import t from 'tap';
import type { FailoverResult, SettingResult, WorkloadResult } from '../../src/bench/result.ts';
import { benchLines } from '../../src/cli/bench-text.ts';
import { runMain } from '../support/cli-context.ts';

const WORKLOAD: WorkloadResult = {
  type: 'workload', workload: 'w2', longName: 'update-many', clients: 64, accounts: 10_000,
  distribution: 'uniform', seed: 1, batch: null, inFlight: null, rate: null, seconds: 10,
  operations: 250_000, operationsPerSecond: 25_000, offered: null, busy: 0, unavailable: 0,
  dropped: 0, unknown: 0, perSecond: [25_000],
  latencyMs: { p50: 2.4, p90: 3, p99: 4.5, p999: 9, max: 12 }, longestGapMs: 11,
  processes: [
    { name: 'frontend', cpuSeconds: 5, cpuSecondsPer1000: 0.02, residentBytes: 1024 ** 2,
      peakBytes: 2 * 1024 ** 2 },
    { name: 'client', cpuSeconds: 2.5, cpuSecondsPer1000: 0.01, residentBytes: 1024 ** 2,
      peakBytes: 2 * 1024 ** 2 },
  ],
  serversCpuSecondsPer1000: 0.02, foreignCores: 0.1, stolenCores: 0, syncs: 30_000,
  syncsPerSecondOfBackend: 1_000, syncsPerOperation: 0.12, writtenBytes: 250_000 * 512,
  checkpoints: 2, books: { accounts: 10_000, total: '1.00', expectedTotal: '1.00', areAlike: true },
};

const SETTING: SettingResult = {
  type: 'setting', version: '0.1.0', bank: 'scratch', address: '127.0.0.1:8023', replicas: 3,
  inSync: 3, durability: 'each answer executed and fsynced on 3 of 3 backends', directory: '/data',
  fileSystem: 'ext4',
  machine: {
    cpu: 'Some CPU', cores: 2, memoryBytes: 1024 ** 3, kernel: 'Linux 6', node: 'v26.0.0',
  },
  fdatasyncMs: { p50: 0.1, p99: 0.3 }, roundTripMs: { p50: 0.07, p99: 0.2 }, books: WORKLOAD.books,
};

t.test('bench: text: a workload', async (t) => {
  t.same(benchLines(WORKLOAD), [
    'w2            64 clients, one update each at a time',
    '  over        10,000 accounts, uniform, 10 s',
    '  throughput  25,000/s (250,000 done)',
    '  latency     p50 2.4 ms, p90 3, p99 4.5, p99.9 9, max 12;' +
      ' longest time without an answer 11 ms',
    '  cpu         servers 0.0200 s for 1,000 operations: frontend 0.0200, client 0.0100',
    '  fsyncs      1,000/s on each backend, 0.12 an operation in all; 2 checkpoints',
    '  written     12.2 MiB/s by the backends, 512 B an operation',
    '  memory      frontend 1.0 MiB (at most 2.0 MiB), client 1.0 MiB (at most 2.0 MiB)',
    '  beside      others kept 0.1 cores busy, 0 were stolen',
    '  books       in order: 10,000 accounts hold 1.00, each what it should; replicas alike',
    '',
  ]);
});

t.test('bench: text: bulk counts in microseconds; what was not done is said', async (t) => {
  const bulk = benchLines({
    ...WORKLOAD, workload: 'w4', batch: 8_190, inFlight: 1, serversCpuSecondsPer1000: 0.0012,
  }).join('\n');
  t.match(bulk, 'transfers, 8190 a batch, one at a time');
  t.match(bulk, 'servers 1.200 µs an operation');
  const shed = benchLines({
    ...WORKLOAD, rate: 50_000, offered: 500_000, busy: 240_000, unavailable: 1, unknown: 2,
    dropped: 9_997,
  }).join('\n');
  t.match(shed, '64 clients, updates at 50000 a second');
  t.match(shed, '250,000 done, 240,000 refused as BUSY, 1 refused as UNAVAILABLE, 2 not answered' +
    ' in time, and asked about later, 9,997 left out by the client, which had too many open);' +
    ' 50,000/s were offered');
});

t.test('bench: text: what is not known is called unknown', async (t) => {
  const lines = benchLines({
    ...WORKLOAD, latencyMs: null, serversCpuSecondsPer1000: null, foreignCores: null,
    stolenCores: null, syncs: null, syncsPerSecondOfBackend: null, syncsPerOperation: null,
    writtenBytes: null, checkpoints: null, books: { ...WORKLOAD.books, areAlike: false },
    processes: [{
      name: 'frontend', cpuSeconds: null, cpuSecondsPer1000: null, residentBytes: null,
      peakBytes: null,
    }],
  });
  t.same(lines.slice(3, 10), [
    '  latency     nothing was done',
    '  cpu         servers unknown s for 1,000 operations: frontend unknown',
    '  fsyncs      unknown',
    '  written     unknown',
    '  memory      frontend unknown',
    '  beside      others kept unknown cores busy, unknown were stolen',
    '  books       in order: 10,000 accounts hold 1.00, each what it should; replicas, never at' +
      ' one seq, not compared',
  ]);
});

t.test('bench: text: a failover, and the setting', async (t) => {
  const failover: FailoverResult = {
    type: 'failover', workload: 'f1-backend', longName: 'kill-backend', clients: 64,
    accounts: 100, distribution: 'zipfian', seed: 1, victim: 'backend', gapsMs: [20, 30, 25],
    medianMs: 25, maxMs: 30, operations: 1_000, busy: 0, unavailable: 0, unknown: 0, lost: 0,
  };
  t.same(benchLines(failover), [
    'f1-backend    64 clients, one transfer each at a time, and the backend killed',
    '  over        100 accounts, zipfian, 3 kills',
    '  no answer   for 25 ms (median), 30 ms at most; each 20, 30, 25',
    '  answers     1,000 done, 0 of them lost',
    '',
  ]);
  t.same(benchLines(SETTING), [
    'setting',
    '  bank        bankd 0.1.0, made for this, and removed',
    '  durability  each answer executed and fsynced on 3 of 3 backends',
    '  data        /data, on ext4',
    '  machine     Some CPU, 2 cores, 1.0 GiB, Linux 6, Node v26.0.0; the client runs on it',
    '  bounds      fdatasync of 4 KiB p50 0.1 ms, p99 0.3 ms; loopback round trip of 64 B' +
      ' p50 0.07 ms, p99 0.2 ms',
    '  books       in order: 10,000 accounts hold 1.00, each what it should; replicas alike',
  ]);
  const remote = benchLines({
    ...SETTING, bank: 'running', directory: null, fileSystem: null, fdatasyncMs: null, books: null,
    version: null,
  }).join('\n');
  t.match(remote, 'bankd unknown, running at 127.0.0.1:8023');
  t.match(remote, 'data        unknown');
  t.match(remote, 'fdatasync of 4 KiB unknown;');
});

t.test('bench: flags that make no sense are refused, with a tip where one is near', async (t) => {
  const refusals: readonly (readonly [string, number, RegExp])[] = [
    ['--workload w9', 2, /^error: invalid value for --workload: expected some of w1, w2.*"w9"/],
    ['--workload w1,', 2, /^error: invalid value for --workload/],
    ['--batch 8191', 2, /^error: invalid value for --batch: .* from 1 to 8190/],
    ['--accounts 1', 2, /^error: invalid value for --accounts/],
    ['--duration 10', 2, /^error: invalid value for --duration: expected a duration/],
    ['--distribution normal', 2, /expected one of uniform, zipfian/],
    ['--rate 100', 2, /^error: --rate does not go with w4\ntip: say which it is for/],
    ['--rate 100 --workload f1-backend', 2, /^error: --rate does not go with f1-backend/],
    ['--port 0', 2, /^error: --port 0 picks a port/],
    ['--host 192.0.2.1', 6, /^error: --host 192.0.2.1 is beyond this machine/],
    ['--port 1 --workload kill-backend', 6, /^error: f1-backend kills processes, and never/],
    ['--port 1 --workload w1', 3, /^error: can't connect to 127.0.0.1:1/],
    ['--in-fligth 2', 2, /did you mean --in-flight/],
  ];
  for (const [flags, status, stderr] of refusals) {
    const run = await runMain(['bench', ...flags.split(' ')]);
    t.equal(run.status, status, flags);
    t.match(run.stderr, stderr);
    t.equal(run.stdout, '');
  }
});

t.test('bench: the environment does not say that a running bank is to be loaded', async (t) => {
  const env = {
    BANKD_PORT: '1', BANKD_HOST: '192.0.2.1', BANKD_WORKLOAD: 'w1', BANKD_RATE: 'x',
  };
  const run = await runMain(['bench'], { env });
  t.equal(run.status, 2);
  t.match(run.stderr, /invalid value for BANKD_RATE/, 'other flags may stand there');
});

t.test('bench: help: examples first', async (t) => {
  const { stdout, status } = await runMain(['bench', '--help']);
  t.equal(status, 0);
  t.match(stdout, /^bankd bench: .*\n\nExamples\n  bankd bench /);
});
