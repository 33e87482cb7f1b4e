/** Saves all jobs of the view as a file, over the streaming route (docs/http.md «All jobs at once»). */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Call } from '../../api/call.js';
import { CallError } from '../../api/call-error.js';
import { exportJobs, FORMATS } from '../../api/client.js';
import type { Format } from '../../api/client.js';
import { plural } from '../../components/format.js';
import type { ViewContext } from '../../state/view-context.js';

const isFormat = (name: string): name is Format => Object.hasOwn(FORMATS, name);

/** Offers a file to the reader as a download. */
function save(file: Blob, name: string): void {
  const url = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}

const messageOf = (error: unknown): string =>
  error instanceof CallError ? error.message : 'The service broke off: the export is not whole.';

/** Another export, or leaving the view, aborts the current one. */
function useExport(call: Call, name: string) {
  const [message, setMessage] = useState('');
  const current = useRef<AbortController | undefined>(undefined);
  const stop = (): void => current.current?.abort();
  useEffect(() => stop, []);
  const start = async (format: Format): Promise<void> => {
    stop();
    current.current = new AbortController();
    const { signal } = current.current;
    setMessage(`Reading ${format} …`);
    try {
      const onRows = (rows: number): void => setMessage(`Reading ${format}: ${plural(rows, 'row')} …`);
      save(await exportJobs(call, format, signal, onRows), `${name}.${format.toLowerCase()}`);
      setMessage('');
    } catch (error) {
      setMessage(signal.aborted ? '' : messageOf(error));
    }
  };
  return { message, start };
}

/** The domain and the days of a window, as a name for a file. */
function fileName({ route: { domain }, timeRange: { from, to }, now }: ViewContext): string {
  const day = (time: number): string => new Date(time).toISOString().slice(0, 10);
  const days = from === undefined ? 'all' : `${day(from)}-${day(to ?? now)}`;
  return `jobs-${domain.replaceAll(/[^\w.-]+/g, '_')}-${days}`;
}

export function Export({ call, context }: { readonly call: Call; readonly context: ViewContext }) {
  const { message, start } = useExport(call, fileName(context));
  return (
    <span class="export">
      {Object.keys(FORMATS)
        .filter(isFormat)
        .map((format) => (
          <button key={format} type="button" onClick={() => void start(format)}>
            Export {format}
          </button>
        ))}
      <span role="status">{message}</span>
    </span>
  );
}
