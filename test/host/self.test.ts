import { existsSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import t from 'tap';
import { selfCommand } from '../../src/host/self.ts';

t.test('self: a checkout: the same Node runs bin/bankd.ts with the arguments', async (t) => {
  const { file, args } = selfCommand(['backend', '--id', '2']);
  t.equal(file, process.execPath);
  const [entry = '', ...rest] = args;
  t.ok(isAbsolute(entry) && existsSync(entry), entry);
  t.match(entry, /[\\/]bin[\\/]bankd\.ts$/);
  t.same(rest, ['backend', '--id', '2']);
});
