/**
 * The compiled module beside the one that asks (`import.meta.url`), as a thread can load it: also where tests run the
 * sources, which have been built before.
 */
export function compiledModule(name: string, importer: string): string {
  const beside = importer.endsWith('.ts') ? importer.replace('/libs/', '/dist/libs/') : importer;
  return new URL(name, beside).href;
}
