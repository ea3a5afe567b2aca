/**
 * Bundles bankd into `dist/bankd.js`, and makes of it and of the Node that runs this script the
 * single executable `dist/bankd`, which needs no Node. `--bundle-only` stops after the bundle.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { commit, version } from '../src/cli/version.ts';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
mkdirSync('dist', { recursive: true });

await build({
  entryPoints: ['bin/bankd.ts'],
  outfile: 'dist/bankd.js',
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node26',
  // clipanion is CommonJS and requires node:tty; an ES module has no require of its own.
  banner: {
    js:
      "import { createRequire as requireFor } from 'node:module'; " +
      'const require = requireFor(import.meta.url);',
  },
  legalComments: 'none',
  logLevel: 'warning',
  define: {
    BANKD_BUNDLE: 'true',
    BANKD_VERSION: JSON.stringify(version),
    BANKD_COMMIT: JSON.stringify(commit),
  },
});

if (!process.argv.includes('--bundle-only')) {
  const config = 'dist/sea.json';
  writeFileSync(
    config,
    JSON.stringify({
      main: 'dist/bankd.js',
      mainFormat: 'module',
      output: 'dist/bankd',
      useCodeCache: true,
      disableExperimentalSEAWarning: true,
      // NODE_OPTIONS is meant for the user's own programs: it neither breaks nor changes a bank.
      execArgvExtension: 'none',
    }),
  );
  rmSync('dist/bankd', { force: true });
  execFileSync(process.execPath, ['--build-sea', config], { stdio: ['ignore', 'pipe', 'inherit'] });
  rmSync(config);
}
