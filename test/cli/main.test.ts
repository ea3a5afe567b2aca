import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { runMain } from '../support/cli-context.ts';

const SUBCOMMANDS = [
  'up', 'client', 'status', 'chaos', 'frontend', 'backend', 'verify', 'sim', 'import', 'feed',
  'export',
];
/** A port of this machine where nobody listens. */
const NOBODY = ['--port', '1'];

interface Mistake {
  readonly argv: readonly string[];
  readonly status: number;
  readonly error: string | RegExp;
  readonly tip?: string | RegExp;
  readonly env?: Record<string, string>;
}

async function check(t: Test, { argv, status, error, tip, env }: Mistake): Promise<void> {
  const result = await runMain(argv, env === undefined ? {} : { env });
  const what = `bankd ${argv.join(' ')}`;
  t.equal(result.status, status, `${what}: exit status`);
  t.equal(result.stdout, '', `${what}: errors are not results`);
  const lines = result.stderr.trimEnd().split('\n');
  t.match(lines[0], error, what);
  t.match(lines[0], /^error: [^A-Z]/, `${what}: its form`);
  if (tip === undefined) t.equal(lines.length, 1, `${what}: one line`);
  else t.match(lines[1], tip, what);
}

t.test('main: help: everywhere, without a server, examples first, on stdout', async (t) => {
  for (const argv of [[], ['help'], ['--help'], ['-h'], ['--no-color'], ['help', 'help']]) {
    const { status, stdout, stderr } = await runMain(argv);
    t.equal(status, 0, argv.join(' '));
    t.equal(stderr, '');
    for (const name of SUBCOMMANDS) t.match(stdout, new RegExp(`^  ${name} `, 'm'));
    t.ok(stdout.indexOf('Examples') < stdout.indexOf('Usage'));
  }
  for (const name of SUBCOMMANDS) {
    const { status, stdout } = await runMain([name, '--help']);
    t.equal(status, 0, name);
    t.match(stdout, `bankd ${name}: `);
    t.ok(stdout.indexOf('Examples') < stdout.indexOf('Usage'), `${name}: examples first`);
    t.notMatch(stdout, /#\d|\x1b/, 'placeholders have names, and nothing is coloured');
    t.same(await runMain(['help', name]), { status, stdout, stderr: '' });
    t.same(await runMain([name, '--bogus', '-h']), { status, stdout, stderr: '' });
  }
  t.match((await runMain(['client', 'QUERY', '--help'])).stdout, 'bankd client: ');
  t.match((await runMain(['backend', '--help'])).stdout, /bankd backend --count N \[--port PORT\]/);
});

t.test('main: version: of bankd, its commit, Node, and the formats', async (t) => {
  for (const argv of [['--version'], ['version'], ['-V']]) {
    const { status, stdout, stderr } = await runMain(argv);
    t.equal(status, 0);
    t.equal(stderr, '');
    const [bankd, node, formats] = stdout.split('\n');
    t.match(bankd, /^bankd \d+\.\d+\.\d+ \(commit ([0-9a-f]{7}|unknown)\)$/);
    t.equal(node, `node ${process.versions.node}`);
    t.match(formats, /^formats: protocol 2, journal 1/);
  }
});

t.test('main: mistyped subcommands: exit 2, and the nearest one', async (t) => {
  await check(t, {
    argv: ['clinet'], status: 2, error: 'unknown subcommand "clinet"', tip: 'bankd client',
  });
  await check(t, { argv: ['stats'], status: 2, error: 'unknown subcommand', tip: 'bankd status' });
  await check(t, {
    argv: ['xyzzy'], status: 2, error: 'unknown subcommand', tip: 'bankd help lists',
  });
  await check(t, {
    argv: ['help', 'caos'], status: 2, error: 'unknown subcommand', tip: 'bankd chaos',
  });
  await check(t, { argv: ['--verison'], status: 2, error: 'unknown option', tip: '--version' });
  await check(t, { argv: ['\x1b[2J'], status: 2, error: /"\\x1b\[2J"$/, tip: /./ });
});

t.test('main: mistyped options: exit 2, and the nearest one', async (t) => {
  const near: readonly [string, string, string][] = [
    ['up', '--cuont', '--count'], ['client', '--jsno', '--json'], ['status', '--wathc', '--watch'],
    ['frontend', '--min-in-snyc', '--min-in-sync'], ['chaos', '--kil', '--kill'],
    ['backend', '--no-restrat', '--no-restart'], ['verify', '--acounts', '--accounts'],
  ];
  for (const [name, typed, meant] of near) {
    for (const argv of [[name, typed], [name, `${typed}=1`]]) {
      const error = `unknown option "${typed}" of bankd ${name}`;
      await check(t, { argv, status: 2, error, tip: `did you mean ${meant}?` });
    }
  }
  await check(t, { argv: ['up', '-p'], status: 2, error: 'unknown option "-p"', tip: /./ });
});

t.test('main: options: values missing, unwanted, and of the wrong kind', async (t) => {
  await check(t, {
    argv: ['up', '--port'], status: 2, error: '--port needs a value', tip: '--port PORT',
  });
  await check(t, {
    argv: ['up', '--port', '--trace'], status: 2, error: '--port needs a value', tip: /./,
  });
  await check(t, { argv: ['up', '--trace=1'], status: 2, error: '--trace takes no value' });
  const wrong: readonly [string, readonly string[]][] = [
    ['--port', ['abc', '-1', '65536', '1.5', '0x10', '']],
    ['--count', ['0', '8', 'three']],
    ['--read-timeout', ['1', '1h', '10ms', '-1s', '1.5s', '2 s', 's']],
    ['--min-in-sync', ['0', '8']],
    ['--keys', ['0', '-1', '100000001', '1e6', '10,000']],
    ['--host', ['a b', '127.0.0.1:8023', '-x', '']],
    ['--data', ['']],
  ];
  for (const [flag, values] of wrong) {
    for (const value of values) {
      const error = `invalid value for ${flag}: expected`;
      await check(t, { argv: ['up', `${flag}=${value}`], status: 2, error });
    }
  }
});

t.test('main: environment variables: under flags, above defaults, and checked alike', async (t) => {
  const env = { BANKD_PORT: 'abc' };
  const argv = ['client', 'QUERY', '1'];
  await check(t, { argv, env, status: 2, error: 'invalid value for BANKD_PORT' });
  const flag = ['client', ...NOBODY, 'QUERY', '1'];
  await check(t, { argv: flag, env, status: 3, error: '127.0.0.1:1', tip: 'bankd up' });
  await check(t, { argv, env: { BANKD_PORT: '2' }, status: 3, error: '127.0.0.1:2', tip: /./ });
  const timeout = { BANKD_READ_TIMEOUT: '1' };
  await check(t, {
    argv: ['up'], env: timeout, status: 2, error: 'BANKD_READ_TIMEOUT: expected a duration',
  });
});

t.test('main: what must be given: is named', async (t) => {
  await check(t, { argv: ['backend'], status: 2, error: 'missing required option --count N' });
  await check(t, {
    argv: ['chaos'], status: 2, error: 'missing required option --kill N, --pause N or another',
  });
  await check(t, { argv: ['verify'], status: 2, error: 'missing required option DIRECTORY' });
});

t.test('main: chaos that destroys data, without --yes-really: exit 6', async (t) => {
  for (const fault of [['--corrupt', '1'], ['--wipe', '2'], ['--all']]) {
    const argv = ['chaos', ...fault];
    await check(t, { argv, status: 6, error: `${fault[0]} `, tip: '--yes-really' });
  }
});

t.test('main: what makes no sense together: exit 2', async (t) => {
  await check(t, {
    argv: ['backend', '--count', '3', '--id', '4'], status: 2, error: '--id 4 is not one of',
  });
  await check(t, {
    argv: ['up', '--count', '2', '--min-in-sync', '3'], status: 2, error: 'more than',
  });
  for (const [error, ...argv] of [
    ['--kill and --pause are two faults: one at a time', '--kill', '1', '--pause', '1'],
    ['--cut and --frontend are two faults', '--cut', '1', '--frontend'],
    ['--for does not go with --kill', '--kill', '1', '--for', '1s'],
    ['--for does not go with --all', '--all', '--for', '1s', '--yes-really'],
    ['--mode is how --cut cuts', '--pause', '1', '--mode', 'to'],
    ['--backend does not go with --frontend', '--frontend', '--backend', '1'],
    ['expected one of both, to, from, half-open, slow', '--cut', '1', '--mode', 'sideways'],
  ] as const) {
    await check(t, { argv: ['chaos', ...argv], status: 2, error });
  }
  await check(t, { argv: ['client', '--port', '0', 'HELP'], status: 2, error: '--port 0' });
  await check(t, {
    argv: ['status', 'now'], status: 2, error: 'unexpected argument "now"', tip: /--help/,
  });
  await check(t, {
    argv: ['up', '--', '--port'], status: 2, error: 'unexpected argument "--port"', tip: /./,
  });
});

t.test('main: chaos: what the environment says of plans: left alone', async (t) => {
  const argv = ['chaos', '--kill', '1', '--port', '2'];
  await Promise.all(([
    ['FOR', '3s'], ['MODE', 'to'], ['SEED', '42'], ['CLIENTS', '4'], ['RATE', '10'],
    ['HISTORY', 'h.ndjson'], ['REPORT', 'r.html'], ['SCENARIO', 'rolling'],
  ] as const).map(([name, value]) => {
    const env = { [`BANKD_${name}`]: value };
    return check(t, { argv, env, status: 3, error: '127.0.0.1:2', tip: /./ });
  }));
});

t.test('main: hosts beyond this machine: exit 6 without --insecure', async (t) => {
  for (const argv of [
    ['up'], ['frontend'], ['backend', '--count', '3'], ['client'], ['status'],
    ['chaos', '--kill', '1'],
  ]) {
    for (const host of ['0.0.0.0', '192.0.2.7', 'bank.example', '::']) {
      const line = [...argv, '--host', host];
      const error = `--host ${host} is beyond`;
      await check(t, { argv: line, status: 6, error, tip: '--insecure' });
    }
  }
  await Promise.all(['127.0.0.1', 'localhost', '127.5.5.5'].map((host) => {
    const argv = ['status', '--host', host, ...NOBODY];
    return check(t, { argv, status: 3, error: `${host}:1`, tip: /./ });
  }));
});

t.test('main: nobody there: exit 3 within a second, whoever asks', async (t) => {
  const asking = [['client', 'QUERY', '1'], ['client'], ['status'], ['chaos', '--kill', '1']];
  await Promise.all(asking.map(async (argv) => {
    const startMs = performance.now();
    const [name = '', ...rest] = argv;
    const line = [name, ...NOBODY, ...rest];
    await check(t, { argv: line, status: 3, error: 'connection refused', tip: '`bankd up`' });
    t.ok(performance.now() - startMs < 1_000, argv.join(' '));
  }));
});

t.test('main: verify: what is no directory of a backend: exit 7', async (t) => {
  const here = fileURLToPath(new URL('.', import.meta.url));
  await check(t, { argv: ['verify', here], status: 7, error: 'is not the directory of a backend' });
  await check(t, { argv: ['verify', `${here}/none`], status: 7, error: 'does not exist' });
});

t.test('main: colour: none in a pipe, unless it is forced', async (t) => {
  t.notMatch((await runMain(['help'])).stdout, '\x1b');
  t.match((await runMain(['help'], { env: { FORCE_COLOR: '1' } })).stdout, '\x1b[1m');
  t.notMatch((await runMain(['help'], { env: { FORCE_COLOR: '0' } })).stdout, '\x1b');
});

t.test('main: as a process: exit status, streams, and a reader that goes away', async (t) => {
  const entry = fileURLToPath(new URL('../../bin/bankd.ts', import.meta.url));
  const run = (line: string) => {
    const argv = ['-c', `"$0" "$1" ${line}`, process.execPath, entry];
    return spawnSync('sh', argv, { encoding: 'utf8' });
  };
  const mistake = run('clinet');
  t.match(mistake, { status: 2, stdout: '', stderr: 'error: unknown subcommand "clinet"\ntip: ' });
  t.match(run('client --port 1 QUERY 1'), { status: 3, stdout: '' });
  const closed = run('help | true; echo done');
  t.match(closed, { status: 0, stdout: 'done\n', stderr: '' });
  const full = run('help > /dev/full');
  t.match(full, { status: 7, stderr: /^error: cannot write to stdout: the disk is full/ });
});
