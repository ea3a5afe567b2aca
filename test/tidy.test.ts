/**
 * The house style, as far as a program can see it. Each rule comes with files that it must refuse
 * and files that it must let pass, so that a rule that bites nothing fails, too.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

/** Paths, with `/` and from the project's root, to texts. */
type Files = ReadonlyMap<string, string>;

interface Rule {
  readonly name: string;
  readonly appliesTo: (path: string) => boolean;
  readonly problems: (text: string, path: string, files: Files) => readonly string[];
  readonly refuses: readonly Record<string, string>[];
  readonly accepts: readonly Record<string, string>[];
}

const isCode = (path: string): boolean => /^(bin|src|test)\/.*\.ts$/.test(path);
const isProgram = (path: string): boolean => /^(bin|src)\/.*\.ts$/.test(path);
const isCore = (path: string): boolean => path.startsWith('src/core/') && path.endsWith('.ts');

/** As the README has it: `cli → {sim, chaos, bench} → verify → host → {wire, books} → core`. */
const imports: Readonly<Record<string, readonly string[]>> = {
  bin: ['bin', 'cli'],
  cli: ['cli', 'sim', 'chaos', 'bench', 'verify', 'host', 'books', 'wire', 'core'],
  sim: ['sim', 'verify', 'host', 'wire', 'core'],
  chaos: ['chaos', 'verify', 'host', 'wire', 'core'],
  bench: ['bench', 'verify', 'host', 'wire', 'core'],
  verify: ['verify', 'host', 'wire', 'core'],
  host: ['host', 'books', 'wire', 'core'],
  books: ['books', 'core'],
  wire: ['wire', 'core'],
  core: ['core'],
};

const pureFunctionsOfNode: Readonly<Record<string, readonly string[]>> = {
  'src/core/hash.ts': ['node:crypto', 'node:zlib'],
};

const commentOrString =
  /\/\*[^]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g;

const bannedInCore: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['Date', /\bDate\b/],
  ['Math.random', /\bMath\s*\.\s*random\b/],
  ['a timer', /\b(setTimeout|setInterval|setImmediate|queueMicrotask)\b/],
  ['performance', /\bperformance\b/],
  ['process', /(?<!\.)\bprocess\b(?!\s*\??:)/],
  ['console', /\bconsole\b/],
  ['await', /\bawait\b/],
  ['async', /\basync\b/],
  ['Promise', /\bPromise\b/],
];

const rules: readonly Rule[] = [
  {
    name: 'imports run one way',
    appliesTo: isProgram,
    problems: (text, path) => {
      const from = layerOf(path);
      const allowed = imports[from] ?? [];
      const unknown = from in imports ? [] : [`${from} is none of the layers`];
      const wrong = importsOf(text)
        .filter((specifier) => specifier.startsWith('.'))
        .filter((specifier) => !allowed.includes(layerOf(resolveImport(path, specifier))))
        .map((specifier) => `${from} must not import ${specifier}`);
      return [...unknown, ...wrong];
    },
    refuses: [
      { 'src/core/ledger.ts': "import { encode } from '../wire/codec.ts'" },
      { 'src/core/ledger.ts': "import type { Frame } from '../wire/frame.ts'" },
      { 'src/wire/codec.ts': "export { Clock } from '../host/ports.ts'" },
      { 'src/host/process.ts': "import {\n  a,\n  b,\n} from '../sim/clock.ts'" },
      { 'src/host/process.ts': "const { main } = await import('../cli/main.ts')" },
      { 'src/sim/world.ts': "import '../cli/main.ts'" },
      { 'bin/bankd.ts': "import { start } from '../src/host/process.ts'" },
      { 'src/cli/main.ts': "import { start } from '../../bin/bankd.ts'" },
      { 'src/util/strings.ts': '' },
      { 'src/strings.ts': '' },
    ],
    accepts: [
      { 'src/cli/main.ts': "import { a } from '../sim/world.ts'\nimport '../core/ids.ts'" },
      { 'src/core/ledger.ts': "// from '../wire/codec.ts'\nimport { a } from './ids.ts'" },
      { 'bin/bankd.ts': "const { main } = await import('../src/cli/main.ts')" },
      { 'src/host/process.ts': "import { connect } from 'node:net'" },
    ],
  },
  {
    name: 'core and wire import nothing from outside',
    appliesTo: (path) => ['core', 'wire'].includes(layerOf(path)) && isProgram(path),
    problems: (text, path) =>
      importsOf(text)
        .filter((specifier) => !specifier.startsWith('.'))
        .filter((specifier) => !pureFunctionsOfNode[path]?.includes(specifier))
        .map((specifier) => `${layerOf(path)} must not import ${specifier}`),
    refuses: [
      { 'src/core/view.ts': "import { readFileSync } from 'node:fs'" },
      { 'src/core/view.ts': "import { hash } from 'node:crypto'" },
      { 'src/core/view.ts': "import chalk from 'chalk'" },
      { 'src/core/hash.ts': "import { readFileSync } from 'node:fs'" },
      { 'src/wire/frame.ts': "import { crc32 } from 'node:zlib'" },
    ],
    accepts: [
      { 'src/core/hash.ts': "import { hash } from 'node:crypto'\nimport 'node:zlib'" },
      { 'src/wire/frame.ts': "import { crc32 } from '../core/hash.ts'" },
    ],
  },
  {
    name: 'sim takes from host only what touches no node:*',
    appliesTo: (path) => layerOf(path) === 'sim',
    problems: (text, path, files) =>
      importsOf(text)
        .map((specifier) => resolveImport(path, specifier))
        .filter((target) => layerOf(target) === 'host')
        .flatMap((target) => [...closureOf(target, files)])
        .filter((file) => layerOf(file) === 'host')
        .filter((file) => importsOf(files.get(file) ?? '').some((name) => name.startsWith('node:')))
        .map((file) => `sim must not reach ${file}, which imports node:*`),
    refuses: [
      {
        'src/sim/world.ts': "import { Socket } from '../host/tcp.ts'",
        'src/host/tcp.ts': "import { Socket } from 'node:net'",
      },
      {
        'src/sim/world.ts': "import type { Clock } from '../host/ports.ts'",
        'src/host/ports.ts': "export { Socket } from './tcp.ts'",
        'src/host/tcp.ts': "import { Socket } from 'node:net'",
      },
    ],
    accepts: [
      {
        'src/sim/world.ts': "import type { Clock } from '../host/ports.ts'",
        'src/host/ports.ts': "import { hash } from '../core/hash.ts'",
        'src/core/hash.ts': "import { hash } from 'node:crypto'",
        'src/host/tcp.ts': "import { Socket } from 'node:net'",
      },
    ],
  },
  {
    name: 'core has no clock, chance, IO or promises',
    appliesTo: isCore,
    problems: (text) => {
      const code = withoutStrings(withoutComments(text));
      return bannedInCore
        .filter(([, pattern]) => pattern.test(code))
        .map(([name]) => `core must not use ${name}`);
    },
    refuses: [
      'const now = Date.now()',
      'const date = new Date(0)',
      'const chance = Math.random()',
      'setTimeout(f, 1)',
      'setInterval(f, 1)',
      'const start = performance.now()',
      'process.exit(1)',
      'const { env } = process',
      'console.log(1)',
      'const x = await f()',
      'async function f() {}',
      'const p: Promise<void> = f()',
      'const text = `pid ${process.pid}`',
      "const url = 'a//b'; process.exit(1)",
    ].map((text) => ({ 'src/core/view.ts': text })),
    accepts: [
      '// process.exit and Date are explained here',
      '/** await no Promise */\nconst x = 1',
      "throw new Error('process the Date, await the console')",
      'const dateline = event.process',
      'export interface Event { readonly process: number; readonly updated: number }',
    ].map((text) => ({ 'src/core/view.ts': text })),
  },
  {
    name: 'relative imports end in .ts',
    appliesTo: isCode,
    problems: (text) =>
      importsOf(text)
        .filter((specifier) => specifier.startsWith('.') && !specifier.endsWith('.ts'))
        .map((specifier) => `import ${specifier} without .ts`),
    refuses: [
      { 'src/core/view.ts': "import { a } from './ids'" },
      { 'test/core/view.test.ts': "import { a } from '../../src/core/view.js'" },
    ],
    accepts: [{ 'src/host/process.ts': "import { a } from './ports.ts'\nimport 'node:net'" }],
  },
  {
    name: 'exports are named',
    appliesTo: isProgram,
    problems: (text) => {
      const code = withoutStrings(withoutComments(text));
      const found = /\bexport\s+default\b|\bexport\s*\{[^}]*\bas\s+default\b/.test(code);
      return found ? ['a default export'] : [];
    },
    refuses: [
      { 'src/core/view.ts': 'export default function view() {}' },
      { 'src/core/view.ts': 'const view = 1\nexport { view as default }' },
    ],
    accepts: [{ 'src/core/view.ts': '// export default\nexport const byDefault = 1' }],
  },
  {
    name: 'file names are kebab-case',
    appliesTo: (path) => /^(bin|src|test)\//.test(path) && !path.endsWith('/README.md'),
    problems: (_text, path) =>
      path
        .split('/')
        .filter((part) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*$/.test(part))
        .map((part) => `${part} is not kebab-case`),
    refuses: [{ 'src/core/statusArray.ts': '' }, { 'test/Core/view.test.ts': '' }],
    accepts: [
      { 'src/core/status-array.ts': '' },
      { 'test/core/view.test.ts': '' },
      { 'src/wire/README.md': '' },
    ],
  },
  {
    name: 'no line is over 100 columns',
    appliesTo: (path) => isCode(path) || path === 'bin/bankd' || path === '.ci/run',
    problems: (text) =>
      text.split('\n').flatMap((line, index) => {
        const columns = [...line].length;
        return columns > 100 ? [`line ${index + 1} has ${columns} columns`] : [];
      }),
    refuses: [{ 'src/core/view.ts': `//${'x'.repeat(99)}` }, { 'bin/bankd': 'x'.repeat(101) }],
    accepts: [{ 'src/core/view.ts': `//${'→'.repeat(98)}\n` }, { 'README.md': 'x'.repeat(200) }],
  },
  {
    name: 'a file of the program has at most 400 lines',
    appliesTo: isProgram,
    problems: (text) => {
      const lines = text.replace(/\n$/, '').split('\n').length;
      return lines > 400 ? [`${lines} lines`] : [];
    },
    refuses: [{ 'src/core/view.ts': '//\n'.repeat(401) }],
    accepts: [{ 'src/core/view.ts': '//\n'.repeat(400) }, { 'test/x.test.ts': '//\n'.repeat(500) }],
  },
  {
    name: 'nothing is unfinished by its own words',
    appliesTo: (path) => /^(bin|src|test)\//.test(path),
    problems: (text) => (/\b(TO[D]O|FIX[M]E)\b/.test(text) ? ['unfinished by its own words'] : []),
    refuses: [{ 'src/core/view.ts': `// ${'TO'}DO: later` }, { 'bin/bankd': `# ${'FIX'}ME` }],
    accepts: [{ 'src/core/view.ts': '// to do is to be' }],
  },
  {
    name: 'no file names a place of one machine or network',
    appliesTo: () => true,
    problems: (text) => [
      ...[...text.matchAll(/(?<![\w.)\]}/-])\/(home|root|Users|work|workspace|mnt)\/[\w.-]+/g)].map(
        ([path]) => `an absolute path, ${path}`,
      ),
      ...(/\bregistry\.[a-z]/.test(text) ? ['the host of a package registry'] : []),
      ...(/^\s*"resolved": /m.test(text) ? ['a download address'] : []),
    ],
    refuses: [
      { 'README.md': `see ${'/home'}/alice/notes` },
      { 'src/core/view.ts': `const path = '${'/mnt'}/disk/bank'` },
      { 'package-lock.json': `"https://${'registry'}.example.org/a.tgz"` },
      { 'package-lock.json': `      ${'"resolved"'}: "a.tgz"` },
    ],
    accepts: [{ 'README.md': 'src/home/x, https://example.org/home/x, the registry. Its' }],
  },
];

t.test('tidy: each rule bites', async (t) => {
  for (const rule of rules) {
    for (const example of rule.refuses) {
      const found = check(rule, filesOf(example)).length;
      t.not(found, 0, `${rule.name}: refused (${summary(example)})`);
    }
    for (const example of rule.accepts) {
      t.same(check(rule, filesOf(example)), [], `${rule.name}: accepted (${summary(example)})`);
    }
  }
});

t.test('tidy: the project keeps each rule', async (t) => {
  const files = projectFiles();
  t.ok(files.has('test/tidy.test.ts'), 'finds the files of the project');
  for (const rule of rules) t.same(check(rule, files), [], rule.name);
});

function check(rule: Rule, files: Files): string[] {
  return [...files]
    .filter(([path]) => rule.appliesTo(path))
    .flatMap(([path, text]) => rule.problems(text, path, files).map((what) => `${path}: ${what}`));
}

/** `bin`, or the folder of src that a file lies in. */
function layerOf(path: string): string {
  return /^(bin)\//.exec(path)?.[1] ?? /^src\/(?:([^/]+)\/)?/.exec(path)?.[1] ?? path;
}

function resolveImport(path: string, specifier: string): string {
  return specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : specifier;
}

/** The files that a file imports, directly and by way of others, and itself. */
function closureOf(path: string, files: Files, seen = new Set<string>()): Set<string> {
  if (seen.has(path)) return seen;
  seen.add(path);
  for (const specifier of importsOf(files.get(path) ?? '')) {
    closureOf(resolveImport(path, specifier), files, seen);
  }
  return seen;
}

function importsOf(text: string): string[] {
  const code = withoutComments(text);
  const found = [
    ...code.matchAll(/^(?:import|export)\b(?:[^'"`;=]*?\bfrom)?\s*['"]([^'"]+)['"]/gm),
    ...code.matchAll(/\bimport\(\s*['"]([^'"]+)['"]/g),
  ];
  return found.map((match) => match[1] ?? '');
}

function withoutComments(text: string): string {
  return text.replaceAll(commentOrString, (part) => (part.startsWith('/') ? ' ' : part));
}

/** The text without strings, but with what template strings compute. */
function withoutStrings(text: string): string {
  return text.replaceAll(commentOrString, (part) => {
    if (!part.startsWith('`')) return "''";
    return [...part.matchAll(/\$\{([^}]*)\}/g)].map((match) => `(${match[1]})`).join('+');
  });
}

function summary(example: Record<string, string>): string {
  return JSON.stringify(example).slice(1, 80);
}

function filesOf(example: Record<string, string>): Files {
  return new Map(Object.entries(example));
}

/** What git tracks or would track; without git, the folders that hold code. */
function projectFiles(): Files {
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  const paths = listedByGit(root) ?? listedByHand(root);
  const existing = paths.filter((path) => existsSync(`${root}/${path}`));
  const texts = existing.map((path) => [path, readFileSync(`${root}/${path}`, 'utf8')] as const);
  return new Map(texts.filter(([, text]) => !text.includes('\0')));
}

function listedByGit(root: string): string[] | undefined {
  if (!existsSync(`${root}/.git`)) return undefined;
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const list = execFileSync('git', args, { cwd: root, encoding: 'utf8' });
  return [...new Set(list.split('\0').filter((path) => path !== ''))];
}

function listedByHand(root: string): string[] {
  return ['bin', 'src', 'test'].flatMap((folder) =>
    readdirSync(`${root}/${folder}`, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => posix.join(entry.parentPath, entry.name).slice(root.length + 1)),
  );
}
