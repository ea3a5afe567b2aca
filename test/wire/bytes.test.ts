import t from 'tap';
import { ByteWriter } from '../../src/wire/bytes.ts';

const SLAB_BYTES = 64 * 1024;

function takePiece(writer: ByteWriter): Uint8Array {
  writer.finish();
  return writer.slab.subarray(writer.from, writer.to);
}

/** One of each, behind a header of so many bytes. */
function write(headerBytes: number): Uint8Array {
  const writer = new ByteWriter();
  writer.begin(headerBytes);
  writer.u8(1);
  writer.u32(0x0203_0405);
  writer.i53(2 ** 40 + 6);
  writer.hex('a7b8');
  writer.text('née', 16);
  writer.last(Uint8Array.of(9, 10));
  return takePiece(writer).slice(headerBytes);
}

t.test('bytes: a piece that reaches the end of the slab, at every byte: the same', async (t) => {
  const expected = write(0);
  for (let left = 0; left <= expected.length + 1; left += 1) {
    t.same(write(SLAB_BYTES - left), expected, `${left} bytes are left`);
  }
});

t.test('bytes: pieces that were handed out stay as they are', async (t) => {
  const writer = new ByteWriter();
  const pieces: Uint8Array[] = [];
  for (let round = 0; round < 3_000; round += 1) {
    writer.begin(0);
    for (let at = 0; at < 50; at += 1) writer.u8(round % 251);
    pieces.push(takePiece(writer));
  }
  t.ok(pieces.every((piece, round) => piece.every((byte) => byte === round % 251)));
});
