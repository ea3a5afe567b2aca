import { crc32 } from 'node:zlib';
import t from 'tap';
import { checksum } from '../../src/wire/checksum.ts';
import { Draw } from '../support/random-messages.ts';

t.test('checksum: of every length, wherever it begins: what zlib makes of it', async (t) => {
  const bytes = new Draw(1).bytes(600);
  for (let from = 0; from < 5; from += 1) {
    for (let to = from; to <= bytes.length; to += 1) {
      const expected = crc32(bytes.subarray(from, to));
      if (checksum(bytes, from, to) !== expected) t.fail(`from ${from} to ${to}`);
    }
  }
  t.equal(checksum(Buffer.from('123456789'), 0, 9), 0xcbf4_3926, 'the check value of CRC-32');
});
