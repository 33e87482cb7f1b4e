// Preloaded into the service (`node --import`): DNS names under `test` are unknown for the first LATE_NAMES milliseconds;
// afterwards they resolve to this machine, and their SRV records to the port LATE_PORT.
import dns from 'node:dns';
import type { LookupAddress, LookupOptions, SrvRecord } from 'node:dns';

const knownAt = performance.now() + Number(process.env['LATE_NAMES']);
const port = Number(process.env['LATE_PORT']);
const { lookup } = dns;

const unknown = (syscall: string, hostname: string): Error =>
  Object.assign(new Error(`${syscall} ENOTFOUND ${hostname}`), { code: 'ENOTFOUND', syscall, hostname });

const isLate = (): boolean => performance.now() < knownAt;

type Callback = (error: Error | null, address?: string | LookupAddress[], family?: number) => void;

function lateLookup(hostname: string, options: LookupOptions, callback: Callback): void {
  if (!hostname.endsWith('.test')) lookup(hostname, options, callback);
  else if (isLate()) callback(unknown('getaddrinfo', hostname));
  else if (options.all === true) callback(null, [{ address: '127.0.0.1', family: 4 }]);
  else callback(null, '127.0.0.1', 4);
}

const lateRecords = (hostname: string, type: string): Promise<SrvRecord[]> =>
  isLate() || type !== 'SRV'
    ? Promise.reject(unknown(`query${type}`, hostname))
    : Promise.resolve([{ name: 'node.late.test', port, priority: 0, weight: 0 }]);

Object.assign(dns, { lookup: lateLookup });
Object.assign(dns.promises, { resolve: lateRecords });
