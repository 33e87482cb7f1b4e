/** The text in a field of a form; '' without the field. */
export function textOf(form: FormData, name: string): string {
  const given = form.get(name);
  return typeof given === 'string' ? given : '';
}
