/**
 * A connection to PostgreSQL with the little of its protocol (3.0) that the benchmark needs: simple
 * queries, and prepared statements whose values and results are text. With 64 connections on two
 * cores the client's work is taken from the servers: this one spends 25 us on a read, pg 50.
 */
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';

/** Columns as text; null is an empty text. */
export type Row = readonly string[];

const PROTOCOL = 3 << 16;
const HEADER_BYTES = 5;

/** A message of the client: its letter, its length, and its fields. */
function message(letter: string, ...fields: readonly (string | Buffer)[]): Buffer {
  const body = Buffer.concat(fields.map((field) => Buffer.from(field)));
  const header = Buffer.alloc(HEADER_BYTES);
  header.write(letter);
  header.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([header, body]);
}

const SYNC = message('S');
/** Of the unnamed portal, all rows. */
const EXECUTE_AND_SYNC = Buffer.concat([message('E', '\0', Buffer.alloc(4)), SYNC]);

export class PostgresConnection {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #rows: Row[] = [];
  #error: Error | undefined;
  #resolve: (rows: Row[]) => void = () => {};
  #reject: (error: Error) => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (bytes) => this.#onData(bytes as Buffer));
    socket.on('error', (error) => this.#reject(error));
    socket.on('close', () => this.#reject(new Error('PostgreSQL: connection closed')));
  }

  /** As the user `bank`, who needs no password here. */
  static async to(port: number): Promise<PostgresConnection> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const connection = new PostgresConnection(socket);
    const words = Buffer.from('____user\0bank\0database\0postgres\0\0');
    words.writeUInt32BE(PROTOCOL);
    // The first message alone has no letter.
    await connection.#ask(message('?', words).subarray(1));
    return connection;
  }

  /** One statement, or several, which are one transaction unless they say otherwise. */
  query(sql: string): Promise<Row[]> {
    return this.#ask(message('Q', sql, '\0'));
  }

  /** A statement that is parsed and planned once: what runs it with these values. */
  async prepare(
    name: string,
    sql: string,
  ): Promise<(...values: readonly (string | number)[]) => Promise<Row[]>> {
    await this.#ask(Buffer.concat([message('P', name, '\0', sql, '\0', Buffer.alloc(2)), SYNC]));
    return (...values) => this.#ask(bindAndExecute(name, values));
  }

  close(): void {
    this.#socket.end(message('X'));
  }

  /** Sends all of it in one write; one question at a time. */
  #ask(question: Buffer): Promise<Row[]> {
    return new Promise((resolve, reject) => {
      [this.#resolve, this.#reject] = [resolve, reject];
      this.#socket.write(question);
    });
  }

  #onData(bytes: Buffer): void {
    const all = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes]);
    let at = 0;
    while (all.length - at >= HEADER_BYTES) {
      const end = at + 1 + all.readUInt32BE(at + 1);
      if (end > all.length) break;
      this.#onMessage(String.fromCharCode(all[at] as number), all, at + HEADER_BYTES, end);
      at = end;
    }
    this.#received = all.subarray(at);
  }

  #onMessage(letter: string, bytes: Buffer, at: number, end: number): void {
    if (letter === 'D') this.#rows.push(parseRow(bytes, at));
    if (letter === 'E') {
      const words = bytes.toString('utf8', at, end).split('\0').map((word) => word.slice(1));
      this.#error = new Error(`PostgreSQL: ${words.join(' ').trim()}`);
      // An error before the connection is ready is the last that is said.
      this.#reject(this.#error);
    }
    if (letter !== 'Z') return;
    const [rows, error] = [this.#rows, this.#error];
    [this.#rows, this.#error] = [[], undefined];
    if (error === undefined) this.#resolve(rows);
  }
}

function parseRow(bytes: Buffer, start: number): Row {
  let at = start + 2;
  return Array.from({ length: bytes.readUInt16BE(start) }, () => {
    const from = at + 4;
    at = from + Math.max(0, bytes.readInt32BE(at));
    return bytes.toString('latin1', from, at);
  });
}

/** Binds a statement's values as text to the unnamed portal, and runs it. */
export function bindAndExecute(name: string, values: readonly (string | number)[]): Buffer {
  const texts = values.map(String);
  const textBytes = texts.reduce((sum, text) => sum + 4 + text.length, 0);
  const bindBytes = HEADER_BYTES + 1 + name.length + 1 + 2 + 2 + textBytes + 2;
  const bytes = Buffer.allocUnsafe(bindBytes + EXECUTE_AND_SYNC.length);
  let at = bytes.write('B', 'latin1');
  at = bytes.writeUInt32BE(bindBytes - 1, at);
  at = bytes.writeUInt8(0, at);
  at += bytes.write(`${name}\0`, at, 'latin1');
  at = bytes.writeUInt16BE(0, at);
  at = bytes.writeUInt16BE(texts.length, at);
  for (const text of texts) {
    at = bytes.writeUInt32BE(text.length, at);
    at += bytes.write(text, at, 'latin1');
  }
  at = bytes.writeUInt16BE(0, at);
  EXECUTE_AND_SYNC.copy(bytes, at);
  return bytes;
}
