// A log that keeps what it is told.

export interface Told {
  readonly level: 'info' | 'warn' | 'error';
  readonly about: object;
  readonly message: string;
}

/** A log, and what it was told. */
export function keptLog() {
  const told: Told[] = [];
  const level = (level: Told['level']) => (about: object, message: string) => {
    told.push({ level, about, message });
  };
  return { told, info: level('info'), warn: level('warn'), error: level('error') };
}
