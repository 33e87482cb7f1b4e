/** Forms with fields of their own. */
import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

/** The text in a field of a form; '' without the field. */
export function textOf(form: FormData, name: string): string {
  const given = form.get(name);
  return typeof given === 'string' ? given : '';
}

/** A form whose fields have their defaults again once these become others; its elements, and so the focus, stay. */
export function useReset(defaults: string): RefObject<HTMLFormElement | null> {
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => form.current?.reset(), [defaults]);
  return form;
}
