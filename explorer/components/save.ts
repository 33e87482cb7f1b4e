/** Files for the reader: their formats, their names, and the download. */
import { FORMATS } from '../api/client.js';
import type { Format } from '../api/client.js';
import type { ViewContext } from '../state/view-context.js';
import { wallTime } from '../state/zone.js';

const isFormat = (name: string): name is Format => Object.hasOwn(FORMATS, name);

/** In the order in which they are offered. */
export const FORMAT_NAMES: readonly Format[] = Object.keys(FORMATS).filter(isFormat);

/** What a file is about, the domain and the days of the window in the zone of the page, as its name. */
export function fileName(
  about: string,
  { route: { domain }, timeRange: { from, to }, now, zone }: ViewContext,
  format: Format,
): string {
  const day = (time: number): string => new Date(wallTime(time, zone)).toISOString().slice(0, 10);
  const days = from === undefined ? 'all' : `${day(from)}-${day(to ?? now)}`;
  return `${about}-${domain.replaceAll(/[^\w.-]+/g, '_')}-${days}.${format.toLowerCase()}`;
}

/** Offers a file to the reader as a download. */
export function save(file: Blob, name: string): void {
  const url = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
