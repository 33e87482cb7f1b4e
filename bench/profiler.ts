// Loaded into the service before its main module: profiles it on request, and answers the share of its busy time that each
// part of telemetry takes (docs/performance.md «Telemetry»).
import { Session } from 'node:inspector/promises';
import type { Profiler } from 'node:inspector/promises';

const INTERVAL_US = 500;

/** The modules of a part by their paths; builtins that they call count as theirs. */
const PARTS: readonly (readonly [string, RegExp])[] = [
  ['metrics', /\/telemetry\/metrics\/|\/interceptors\/call-(?:metrics|counts)\./],
  ['tracing', /\/telemetry\/traces\/|\/@opentelemetry\/|\/interceptors\/spans\./],
];

const IDLE: ReadonlySet<string> = new Set(['(idle)', '(program)']);

/** The innermost module on the stack of each node of a profile. */
function modulesOf({ nodes }: Profiler.Profile): ReadonlyMap<number, string> {
  const modules = new Map<number, string>();
  // A node comes before its children.
  for (const { id, callFrame, children = [] } of nodes) {
    const own = /^(?:file:|\/)/.test(callFrame.url) ? callFrame.url : (modules.get(id) ?? '');
    modules.set(id, own);
    for (const child of children) modules.set(child, own);
  }
  return modules;
}

/** The busy milliseconds of a profile, and the share of each part in them. */
function sharesIn(profile: Profiler.Profile): Readonly<Record<string, number>> {
  const { nodes, samples = [], timeDeltas = [] } = profile;
  const modules = modulesOf(profile);
  const idle = new Set(nodes.flatMap(({ id, callFrame }) => (IDLE.has(callFrame.functionName) ? [id] : [])));
  const busy = samples.flatMap((node, nth) =>
    idle.has(node) ? [] : [{ module: modules.get(node) ?? '', ms: (timeDeltas[nth] ?? 0) / 1000 }],
  );
  const sum = (is: (module: string) => boolean): number =>
    busy.reduce((total, { module, ms }) => total + (is(module) ? ms : 0), 0);
  const total = sum(() => true);
  const shares = PARTS.map(([part, path]) => [part, sum((module) => path.test(module)) / total] as const);
  return { ms: total, ...Object.fromEntries(shares) };
}

const session = new Session();
session.connect();

async function answerTo(message: unknown): Promise<unknown> {
  if (message !== 'start') return sharesIn((await session.post('Profiler.stop')).profile);
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: INTERVAL_US });
  await session.post('Profiler.start');
  return 'started';
}

process.on('message', (message) => {
  void answerTo(message).then((answer) => process.send?.(answer));
});
process.channel?.unref();
