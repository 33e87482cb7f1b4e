/** An open port of any transport. */
export interface Listener {
  /** `host:port`. */
  readonly address: string;
  /** Accepts no new calls, lets running ones finish for `grace` milliseconds, then ends them. */
  close(grace: number): Promise<void>;
}

/** Formats `host` for an address: an IPv6 address in brackets. */
export const inAddress = (host: string): string => (host.includes(':') ? `[${host}]` : host);
