/** The frontend's one port, for clients and backends alike. */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { formatAddress } from './address.ts';
import { fromErrno } from './environment-error.ts';

/** More wait in the kernel than a thundering herd of reconnecting clients makes. */
const BACKLOG = 4096;

export interface Listener {
  /** The real one where 0 was asked for. */
  readonly port: number;
  close(): void;
}

/** Rejects with an EnvironmentError where the port is taken or not ours to take. */
export async function listen(
  host: string,
  port: number,
  onSocket: (socket: Socket) => void,
): Promise<Listener> {
  const server = createServer({ noDelay: true }, onSocket);
  await new Promise<void>((resolve, reject) => {
    const what = `listen on ${formatAddress(host, port)}`;
    server.once('error', (error) => reject(fromErrno(error, what)));
    server.listen({ host, port, backlog: BACKLOG }, resolve);
  });
  // A failed accept (too many open files) is one client's trouble, not the service's.
  server.on('error', () => {});
  return { port: portOf(server), close: () => server.close() };
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
