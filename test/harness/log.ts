// A log that records its entries.

export interface LogEntry {
  readonly level: 'info' | 'warn' | 'error';
  readonly about: object;
  readonly message: string;
}

type Write = (about: object, message: string) => void;

export interface RecordedLog {
  readonly entries: LogEntry[];
  readonly info: Write;
  readonly warn: Write;
  readonly error: Write;
}

export function createRecordedLog(): RecordedLog {
  const entries: LogEntry[] = [];
  const level =
    (level: LogEntry['level']): Write =>
    (about, message) => {
      entries.push({ level, about, message });
    };
  return { entries: entries, info: level('info'), warn: level('warn'), error: level('error') };
}
