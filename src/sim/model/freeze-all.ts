/** The plain data, frozen to its last field: whoever would change it is found out. */
export function freezeAll<Value>(value: Value): Value {
  const isData = Array.isArray(value) || isPlain(value);
  if (!isData || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const field of Object.values(value as object)) freezeAll(field);
  return value;
}

function isPlain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.getPrototypeOf(value) === Object.prototype;
}
