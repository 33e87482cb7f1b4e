/** Saves all jobs of the view as a file, over the streaming route (docs/http.md «All jobs at once»). */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Call } from '../../api/call.js';
import { CallError } from '../../api/call-error.js';
import { exportJobs } from '../../api/client.js';
import type { Format } from '../../api/client.js';
import { plural } from '../../components/format.js';
import { fileName, FORMAT_NAMES, save } from '../../components/save.js';
import type { ViewContext } from '../../state/view-context.js';

const messageOf = (error: unknown): string =>
  error instanceof CallError ? error.message : 'The service broke off: the export is not whole.';

/** Another export, or leaving the view, aborts the current one. */
function useExport(call: Call, context: ViewContext) {
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
      save(await exportJobs(call, format, signal, onRows), fileName('jobs', context, format));
      setMessage('');
    } catch (error) {
      setMessage(signal.aborted ? '' : messageOf(error));
    }
  };
  return { message, start };
}

export function Export({ call, context }: { readonly call: Call; readonly context: ViewContext }) {
  const { message, start } = useExport(call, context);
  return (
    <span class="export">
      {FORMAT_NAMES.map((format) => (
        <button key={format} type="button" onClick={() => void start(format)}>
          Export {format}
        </button>
      ))}
      <span role="status">{message}</span>
    </span>
  );
}
