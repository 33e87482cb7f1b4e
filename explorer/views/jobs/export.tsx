/** Saves all jobs of the view as a file, over the streaming route (docs/http.md «All jobs at once»). */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Call } from '../../api/call.js';
import { CallError } from '../../api/call-error.js';
import { exportJobs, FORMATS } from '../../api/client.js';
import type { Format } from '../../api/client.js';

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
function useExport(call: Call) {
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
      save(await exportJobs(call, format, signal), `jobs.${format.toLowerCase()}`);
      setMessage('');
    } catch (error) {
      setMessage(signal.aborted ? '' : messageOf(error));
    }
  };
  return { message, start };
}

export function Export({ call }: { readonly call: Call }) {
  const { message, start } = useExport(call);
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
