import { writeFile } from 'node:fs/promises';
import { type Profiler, Session } from 'node:inspector/promises';
import { table } from './report.js';

/**
 * Does the work under the CPU profiler, writes the profile for other tools, and says where the time of this process
 * went. Without a file it only does the work.
 */
export async function profiled<T>(file: string | undefined, work: () => Promise<T>): Promise<T> {
  if (file === undefined) return work();
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 500 });
  await session.post('Profiler.start');
  const result = await work();
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  await writeFile(file, JSON.stringify(profile));
  summarise(profile);
  return result;
}

function summarise(profile: Profiler.Profile): void {
  const own = new Map<number, number>();
  for (const [at, id] of (profile.samples ?? []).entries()) {
    own.set(id, (own.get(id) ?? 0) + (profile.timeDeltas?.[at] ?? 0) / 1_000);
  }
  const byId = new Map(profile.nodes.map((node) => [node.id, node]));
  const byPlace = new Map<string, number>();
  const byFunction = new Map<string, number>();
  /** Returns the time of the node and all below it; a function counts once however often it is on the stack. */
  const walk = (node: Profiler.ProfileNode, above: ReadonlySet<string>): number => {
    const time = own.get(node.id) ?? 0;
    const place = placeOf(node.callFrame);
    byPlace.set(place, (byPlace.get(place) ?? 0) + time);
    const name = `${place} ${node.callFrame.functionName || '(anonymous)'}`;
    const below = new Set(above).add(name);
    let total = time;
    for (const id of node.children ?? []) {
      const child = byId.get(id);
      if (child) total += walk(child, below);
    }
    if (!above.has(name)) byFunction.set(name, (byFunction.get(name) ?? 0) + total);
    return total;
  };
  const [root] = profile.nodes;
  const all = root ? walk(root, new Set()) : 0;
  const busy = all - (byPlace.get('(idle)') ?? 0);
  console.log(
    `\nbusy ${Math.round((100 * busy) / all)} % of ${(all / 1_000).toFixed(1)} s; shares of the busy time:\n`,
  );
  const top = (times: Map<string, number>, count: number) =>
    [...times]
      .filter(([name]) => !name.startsWith('(idle)') && !name.startsWith('(root)'))
      .sort(([, a], [, b]) => b - a)
      .slice(0, count)
      .map(([name, time]) => [name, `${((100 * time) / busy).toFixed(1)} %`]);
  table(['in code of', 'itself'], top(byPlace, 25));
  console.log();
  table(['function', 'with what it calls'], top(byFunction, 60));
}

/** A package, a folder or file of this repository, or a part of Node. */
function placeOf({ url, functionName }: { url: string; functionName: string }): string {
  const [, dependency] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url) ?? [];
  const [, ours] = /\/dist\/(?:libs\/)?(.+?)\.js$/.exec(url) ?? [];
  return dependency ?? ours ?? (url || (functionName.startsWith('(') ? functionName : '(native)'));
}
