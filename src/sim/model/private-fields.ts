/**
 * Reads the private fields of objects whose class knows nothing of it.
 *
 * Only code within a class may name its private fields; but a debugger that stops in a method may
 * have a function made there. V8 makes it once for each class, and from then on it reads as fast as
 * the class's own code.
 */
import { Session } from 'node:inspector';

export interface PrivateFields {
  /** In the order of the class. */
  readonly names: readonly string[];
  read(object: object): readonly unknown[];
}

/** What Node's types of the inspector don't tell. */
interface Properties {
  readonly privateProperties?: readonly {
    readonly name: string;
    readonly value?: { readonly type: string };
  }[];
}
type Post = (method: string, parameters: object) => void;

const NO_FIELDS: PrivateFields = { names: [], read: () => [] };

/** Where the inspector, which sees nothing but globals, takes and puts things. */
interface Exchange {
  privateFieldsGiven?: unknown;
  privateFieldsReader?: PrivateFields['read'];
}
const exchange = globalThis as Exchange;

/** Those of the class of the example. */
export function privateFieldsOf(example: object): PrivateFields {
  const session = new Session();
  session.connect();
  try {
    const names = namesOf(session, example);
    return names.length === 0 ? NO_FIELDS : { names, read: readerOf(session, example, names) };
  } finally {
    session.disconnect();
    delete exchange.privateFieldsGiven;
    delete exchange.privateFieldsReader;
  }
}

/** Private methods and accessors are no state, nor are functions that were handed in. */
function namesOf(session: Session, example: object): string[] {
  const names: string[] = [];
  const objectId = idOf(session, example);
  session.post('Runtime.getProperties', { objectId, ownProperties: true }, (_error, found) => {
    for (const { name, value } of (found as Properties).privateProperties ?? []) {
      if (value !== undefined && value.type !== 'function') names.push(name);
    }
  });
  return names;
}

function readerOf(
  session: Session, example: object, names: readonly string[],
): PrivateFields['read'] {
  const method = methodOf(example);
  const expression = `privateFieldsReader = (object) => [${names.map((name) => `object.${name}`)}]`;
  session.post('Debugger.enable');
  session.once('Debugger.paused', ({ params }) => {
    const callFrameId = params.callFrames[0]?.callFrameId ?? '';
    session.post('Debugger.evaluateOnCallFrame', { callFrameId, expression });
  });
  // Not in Node's types.
  const post = session.post.bind(session) as Post;
  post('Debugger.setBreakpointOnFunctionCall', { objectId: idOf(session, method) });
  exchange.privateFieldsReader = undefined as never;
  // It stops before its first statement, and gets no further than its first private field.
  try {
    method.call({});
  } catch {}
  const reader = exchange.privateFieldsReader as PrivateFields['read'] | undefined;
  if (reader !== undefined) return reader;
  throw new Error(`the private fields of a ${example.constructor.name} can't be read`);
}

function methodOf(example: object): () => void {
  const prototype: object = Object.getPrototypeOf(example);
  for (const [name, { value, get }] of Object.entries(
    Object.getOwnPropertyDescriptors(prototype),
  )) {
    const method: unknown = value ?? get;
    if (name !== 'constructor' && typeof method === 'function') return method as () => void;
  }
  throw new Error(`a ${example.constructor.name} has no method`);
}

function idOf(session: Session, value: unknown): string {
  let id = '';
  exchange.privateFieldsGiven = value;
  session.post('Runtime.evaluate', { expression: 'privateFieldsGiven' }, (_error, found) => {
    id = found.result.objectId ?? '';
  });
  return id;
}
