/** The export of what is filtered, as the streaming route gives it (docs/http.md «Rows»). */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Route } from './route.js';
import { everything } from './requests.js';
import { CallError, exported, FORMATS } from './service.js';
import type { Format } from './service.js';
import type { TimeRange } from './time-range.js';

const isFormat = (name: string): name is Format => Object.hasOwn(FORMATS, name);

/** Hands a file to the reader. */
function save(file: Blob, name: string): void {
  const url = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}

export function Export({ route, timeRange }: { readonly route: Route; readonly timeRange: TimeRange }) {
  const [told, setTold] = useState('');
  const over = useRef<AbortController | undefined>(undefined);
  const stop = (): void => over.current?.abort();
  useEffect(() => stop, []);
  const take = async (format: Format): Promise<void> => {
    stop();
    over.current = new AbortController();
    const { signal } = over.current;
    setTold(`Reading ${format} …`);
    try {
      save(await exported(everything(route, timeRange), format, signal), `jobs.${format.toLowerCase()}`);
      setTold('');
    } catch (error) {
      if (signal.aborted) setTold('');
      else
        setTold(
          error instanceof CallError ? error.message : 'The service broke off: the export is not whole.',
        );
    }
  };
  return (
    <span class="export">
      {Object.keys(FORMATS)
        .filter(isFormat)
        .map((format) => (
          <button key={format} type="button" onClick={() => void take(format)}>
            Export {format}
          </button>
        ))}
      <span role="status">{told}</span>
    </span>
  );
}
