/** Paths, with `/` between their names. */

export function join(directory: string, name: string): string {
  return directory.endsWith('/') ? `${directory}${name}` : `${directory}/${name}`;
}

/** The directory that a path is in; that of a bare name is `.`, and `/` is its own. */
export function parentOf(path: string): string {
  const end = path.replace(/\/+$/, '').lastIndexOf('/');
  if (end < 0) return path.startsWith('/') ? '/' : '.';
  return path.slice(0, end).replace(/\/+$/, '') || '/';
}
