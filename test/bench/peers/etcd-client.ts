/**
 * A connection to etcd: its gRPC calls over one HTTP/2 session, with the messages of its service KV
 * that the benchmark needs, by their numbers in etcd's `rpc.proto` and `kv.proto`.
 *
 * All lanes share one session: etcd spends less on many calls over one than over many. (With a
 * session for each of 64 lanes it does 40 % of the updates.)
 */
import { once } from 'node:events';
import { connect, type ClientHttp2Session } from 'node:http2';
import { connect as connectSocket, type Socket } from 'node:net';
import { bytesIn, field, messagesIn, numberIn, parseMessage, type Message } from './protobuf.ts';

export interface KeyValue {
  readonly key: string;
  readonly value: string;
  /** The revision of the whole store at which it was written last. */
  readonly modRevision: number;
}

export interface TxnResult {
  readonly hasSucceeded: boolean;
  readonly revision: number;
  /** What the ranges in it found. */
  readonly found: readonly KeyValue[];
}

/** Before each message: whether it is compressed, and its length. */
const PREFIX_BYTES = 5;

export class EtcdClient {
  readonly #session: ClientHttp2Session;

  private constructor(session: ClientHttp2Session) {
    this.#session = session;
    session.on('error', () => {});
  }

  static async to(port: number): Promise<EtcdClient> {
    const createConnection = (): Socket =>
      connectSocket({ port, host: '127.0.0.1', noDelay: true });
    const session = connect(`http://127.0.0.1:${port}`, { createConnection });
    await once(session, 'connect');
    return new EtcdClient(session);
  }

  async put(key: string, value: string): Promise<void> {
    await this.#call('/etcdserverpb.KV/Put', putFields(key, value));
  }

  /** One key, linearizably. */
  async get(key: string): Promise<KeyValue | undefined> {
    const answer = await this.#call('/etcdserverpb.KV/Range', field(1, key));
    return keyValuesIn(parseMessage(answer))[0];
  }

  /** All keys, linearizably. */
  async getAll(): Promise<KeyValue[]> {
    const everything = Buffer.concat([field(1, '\0'), field(2, '\0')]);
    return keyValuesIn(parseMessage(await this.#call('/etcdserverpb.KV/Range', everything)));
  }

  /** Some keys of one moment, of this server's own state, which may be old. */
  async getSerializable(keys: readonly string[]): Promise<readonly KeyValue[]> {
    const ranges = keys.map((key) => Buffer.concat([field(1, key), field(7, 1)]));
    return (await this.#txn(ranges.map((range) => field(2, field(1, range))))).found;
  }

  /** Writes all of it where every key is still as it was read. */
  async putIfUnchanged(
    read: readonly KeyValue[],
    writes: readonly (readonly [key: string, value: string])[],
  ): Promise<TxnResult> {
    // The target 2 is the key's modRevision; the result 0, equality, is not sent.
    const compares = read.map(({ key, modRevision }) =>
      field(1, Buffer.concat([field(2, 2), field(3, key), field(6, modRevision)])));
    const puts = writes.map(([key, value]) => field(2, field(2, putFields(key, value))));
    return this.#txn([...compares, ...puts]);
  }

  async isLeader(): Promise<boolean> {
    const status = parseMessage(
      await this.#call('/etcdserverpb.Maintenance/Status', Buffer.alloc(0)));
    const [header] = messagesIn(status, 1);
    return header !== undefined && numberIn(status, 4) === numberIn(header, 2);
  }

  async defragment(): Promise<void> {
    await this.#call('/etcdserverpb.Maintenance/Defragment', Buffer.alloc(0));
  }

  close(): void {
    this.#session.destroy();
  }

  async #txn(fields: readonly Buffer[]): Promise<TxnResult> {
    const result = parseMessage(await this.#call('/etcdserverpb.KV/Txn', Buffer.concat(fields)));
    const [header] = messagesIn(result, 1);
    return {
      hasSucceeded: numberIn(result, 2) === 1,
      revision: header === undefined ? NaN : numberIn(header, 3),
      found: messagesIn(result, 3).flatMap((each) => messagesIn(each, 1)).flatMap(keyValuesIn),
    };
  }

  /** The answer's message, without its prefix. */
  #call(path: string, message: Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const stream = this.#session.request({
        ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers',
      });
      const parts: Buffer[] = [];
      let failure: string | undefined;
      const onHeaders = (headers: Readonly<Record<string, unknown>>): void => {
        const status = headers['grpc-status'];
        if (status === undefined || status === '0') return;
        failure = `etcd: ${String(headers['grpc-message'])} (${String(status)})`;
      };
      stream.on('response', onHeaders);
      stream.on('trailers', onHeaders);
      stream.on('data', (bytes: Buffer) => parts.push(bytes));
      stream.on('error', reject);
      stream.on('close', () => {
        const answer = Buffer.concat(parts);
        if (failure !== undefined) reject(new Error(failure));
        else if (answer.length < PREFIX_BYTES) reject(new Error('etcd: connection closed'));
        else resolve(answer.subarray(PREFIX_BYTES));
      });
      const prefix = Buffer.alloc(PREFIX_BYTES);
      prefix.writeUInt32BE(message.length, 1);
      stream.end(Buffer.concat([prefix, message]));
    });
  }
}

function putFields(key: string, value: string): Buffer {
  return Buffer.concat([field(1, key), field(2, value)]);
}

function keyValuesIn(range: Message): KeyValue[] {
  return messagesIn(range, 2).map((each) => ({
    key: bytesIn(each, 1).toString('latin1'),
    value: bytesIn(each, 5).toString('latin1'),
    modRevision: numberIn(each, 3),
  }));
}
