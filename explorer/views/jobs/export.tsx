/** Saves all jobs of the view as a file, over the streaming route (docs/http.md «All jobs at once»). */
import type { Call } from '../../api/call.js';
import { CallError } from '../../api/call-error.js';
import { exportJobs } from '../../api/client.js';
import type { Format } from '../../api/client.js';
import { plural } from '../../components/format.js';
import { fileName, FORMAT_NAMES, save } from '../../components/save.js';
import { useAttempt } from '../../components/use-attempt.js';
import type { ViewContext } from '../../state/view-context.js';

const messageOf = (error: unknown): string =>
  error instanceof CallError ? error.message : 'The service broke off: the export is not whole.';

/** undefined: it is not known yet which jobs are those of the view. */
export function Export({
  call,
  context,
}: {
  readonly call: Call | undefined;
  readonly context: ViewContext;
}) {
  const { message, start } = useAttempt();
  const exportAs = (format: Format, all: Call): void =>
    start(
      `Reading ${format} …`,
      async (signal, tell) => {
        const onRows = (rows: number): void => tell(`Reading ${format}: ${plural(rows, 'row')} …`);
        save(await exportJobs(all, format, signal, onRows), fileName('jobs', context, format));
      },
      messageOf,
    );
  return (
    <span class="export">
      {FORMAT_NAMES.map((format) => (
        <button
          key={format}
          type="button"
          disabled={call === undefined}
          onClick={() => call && exportAs(format, call)}
        >
          Export {format}
        </button>
      ))}
      <span role="status">{message}</span>
    </span>
  );
}
