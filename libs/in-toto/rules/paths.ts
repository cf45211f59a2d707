/** Python's os.path.join of two POSIX paths: an absolute second path drops the first. */
function joinPath(directory: string, path: string): string {
  if (path.startsWith('/')) return path;
  return directory === '' || directory.endsWith('/') ? directory + path : `${directory}/${path}`;
}

/** How the reference joins a MATCH prefix and a path. It replaces backslashes in the result, also in the path's part. */
export function joinPrefix(prefix: string, path: string): string {
  return prefix === '' ? path : joinPath(prefix, path).replaceAll('\\', '/');
}
