// The service without metrics, as a program: the base for the cost of telemetry (docs/performance.md «Telemetry»).
import { createApp } from '../src/app.js';
import { readConfig } from '../src/config/config.js';
import { createLog } from '../src/telemetry/log.js';
import { createMetrics } from '../src/telemetry/metrics/registry.js';

const config = readConfig(process.env);
const app = createApp(config, {
  clock: { now: () => Date.now(), monotonicNow: () => performance.now() },
  log: await createLog(config.logLevel, false),
  // Nor does the driver make events.
  replaced: { metrics: createMetrics({}), mongo: { monitorCommands: false } },
});
process.once('SIGTERM', () => void app.close().then(() => process.exit(0)));
await app.start();
