import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { runScenario } from '../support/scenario.ts';

/**
 * `UPDATE_SCENARIOS=1 node test/scenario/scenario.test.ts` writes the traces as they are now: only
 * for one who can explain every line that changes.
 */
const isUpdate = process.env['UPDATE_SCENARIOS'] === '1';

for (const file of readdirSync(import.meta.dirname).filter((name) => name.endsWith('.scenario'))) {
  t.test(`scenario: ${file.replace('.scenario', '').replaceAll('-', ' ')}`, async (t) => {
    const path = join(import.meta.dirname, file);
    const expected = readFileSync(path, 'utf8');
    const actual = await runScenario(expected);
    if (isUpdate) writeFileSync(path, actual);
    else t.equal(actual, expected, `the trace of ${file}`);
  });
}
