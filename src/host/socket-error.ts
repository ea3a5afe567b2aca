/** The network's failures in words: what an operator reads, instead of the system's names. */
import { errorCode } from './environment-error.ts';

/** What becomes `can't connect to …: connection refused`, or ends a connection. */
export function describeSocketError(error: Error): string {
  switch (errorCode(error)) {
    case 'ECONNREFUSED':
      return 'connection refused';
    case 'ECONNRESET':
    case 'EPIPE':
      return 'the connection was reset';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'no address is known for that name';
    case 'ENETUNREACH':
    case 'EHOSTUNREACH':
      return 'the network does not reach it';
    case 'ETIMEDOUT':
      return 'no answer';
    default:
      return error.message;
  }
}
