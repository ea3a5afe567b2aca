import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Recorder } from '../../src/chaos/recorder.ts';
import { temporaryDirectory } from '../support/bank.ts';

t.test('recorder: form: one object a line, as interface.md spells it', async (t) => {
  const path = join(temporaryDirectory(t), 'history.ndjson');
  let timeNs = 0;
  const recorder = await Recorder.open(path, () => (timeNs += 5));
  const event = { process: 3, op: 'transfer', args: [100, 101, '1.00'] };
  recorder.invoke(event);
  recorder.complete({
    ...event, type: 'ok', request: '64-1',
    result: { account: 100, balance: '40.00', toAccount: 101, toBalance: '60.00', seq: 17 },
  });
  recorder.complete({
    ...event, type: 'info', request: undefined, result: { code: 'UNKNOWN_OUTCOME', message: 'x' },
  });
  await recorder.close();
  t.equal(recorder.events, 3);
  const common = '"op":"transfer","args":[100,101,"1.00"]';
  t.same(readFileSync(path, 'utf8').split('\n'), [
    `{"process":3,"type":"invoke",${common},"timeNs":5}`,
    `{"process":3,"type":"ok",${common},"result":{"account":100,"balance":"40.00",` +
      '"toAccount":101,"toBalance":"60.00","seq":17},"timeNs":10,"request":"64-1"}',
    `{"process":3,"type":"info",${common},"result":{"code":"UNKNOWN_OUTCOME","message":"x"},` +
      '"timeNs":15}',
    '',
  ]);
});

t.test('recorder: many events: all of them, in order, and writers are held back', async (t) => {
  const path = join(temporaryDirectory(t), 'history.ndjson');
  let timeNs = 0;
  const recorder = await Recorder.open(path, () => ++timeNs);
  const count = 50_000;
  for (let at = 0; at < count; at += 1) {
    await recorder.ready();
    recorder.invoke({ process: at, op: 'query', args: [100] });
  }
  await recorder.close();
  await recorder.close();
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  t.equal(lines.length, count);
  t.ok(lines.every((line, at) => line.startsWith(`{"process":${at},`)));
});

t.test('recorder: a file that can not be written: exit 7 and why', async (t) => {
  const path = join(temporaryDirectory(t), 'missing', 'history.ndjson');
  await t.rejects(Recorder.open(path, () => 0), { name: 'EnvironmentError', exitStatus: 7 });
});

t.test('recorder: a disk that fills up: is told to whoever writes', {
  skip: process.platform === 'linux' ? false : '/dev/full is of Linux',
}, async (t) => {
  const recorder = await Recorder.open('/dev/full', () => 0);
  recorder.invoke({ process: 1, op: 'query', args: [100] });
  await t.rejects(recorder.close(), { name: 'EnvironmentError', message: /the disk is full/ });
  await t.rejects(recorder.ready(), { message: /the disk is full/ });
});
