/** Names who else may have found the port, from the first four bytes, so that a log line helps. */

const HTTP_METHODS = [
  'GET ', 'HEAD', 'POST', 'PUT ', 'DELE', 'OPTI', 'PATC', 'CONN', 'TRAC', 'PRI ',
];

/** A sentence about four bytes that are not the magic of a frame. */
export function describeStranger(firstBytes: Uint8Array): string {
  return `the peer does not speak bankd's protocol: ${guess(firstBytes)}`;
}

function guess(firstBytes: Uint8Array): string {
  const text = String.fromCharCode(...firstBytes);
  if (firstBytes[0] === 0x16 && firstBytes[1] === 0x03) return 'it begins like a TLS hello';
  if (HTTP_METHODS.includes(text)) return 'it begins like an HTTP request';
  if (text === 'SSH-') return 'it begins like SSH';
  if (firstBytes.every((byte) => byte === 0)) return 'it begins with NUL bytes';
  if (/^[\t\n\r -~]*$/.test(text)) return `it begins with the text ${JSON.stringify(text)}`;
  return `it begins with the bytes ${firstBytes.toHex()}`;
}
