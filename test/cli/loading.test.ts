/**
 * What a process loads before it does anything: how long a server takes to start, and to start
 * again after a crash, is mostly how many modules that are.
 */
import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import t from 'tap';

/** The modules that these load at once, themselves included: neither types nor `import()`. */
function loadedBy(...entries: readonly string[]): string[] {
  const loaded = new Set<string>();
  const load = (path: string): void => {
    if (loaded.has(path)) return;
    loaded.add(path);
    const text = readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
    for (const [, specifier = ''] of text.matchAll(VALUE_IMPORT)) {
      load(posix.join(posix.dirname(path), specifier));
    }
  };
  entries.forEach(load);
  return [...loaded];
}

const VALUE_IMPORT = /^(?:import|export)(?! type)\s(?:[^;']*?\sfrom )?'(\.[^']+)';$/gm;

const SERVERS: Readonly<Record<string, readonly string[]>> = {
  frontend: ['src/cli/main.ts', 'src/cli/commands/frontend.ts'],
  backend: ['src/cli/main.ts', 'src/cli/commands/backend.ts', 'src/host/backend.ts'],
  up: ['src/cli/main.ts', 'src/cli/commands/up.ts'],
};

for (const [name, entries] of Object.entries(SERVERS)) {
  t.test(`loading: ${name}: nothing of the other subcommands`, async (t) => {
    const loaded = loadedBy(...entries);
    const tools = loaded.filter((path) => /^src\/(?:sim|chaos|verify|bench|books)\//.test(path));
    t.same(tools.filter((path) => !path.endsWith('-error.ts')), []);
    const commands = loaded.filter((path) => path.startsWith('src/cli/commands/'));
    t.same(commands, [`src/cli/commands/${name}.ts`]);
  });
}

t.test('loading: a supervisor: nothing of what it supervises', async (t) => {
  const loaded = loadedBy(...SERVERS['up'] ?? [], 'src/host/supervisor.ts');
  t.ok(loaded.includes('src/host/supervised-child.ts'));
  const servers = ['src/host/frontend.ts', 'src/host/backend.ts', 'src/cli/conversation.ts'];
  t.same(servers.filter((path) => loaded.includes(path)), []);
});

t.test('loading: a frontend: what it runs on is among what is found', async (t) => {
  t.ok(loadedBy(...SERVERS['frontend'] ?? []).includes('src/core/coordinator.ts'));
});
