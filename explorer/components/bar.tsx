/** A share of 1 as a small bar. */
export const Bar = ({ share, color = 'is-bar' }: { readonly share: number; readonly color?: string }) => (
  <span class="bar" aria-hidden="true">
    <span class={color} style={{ width: `${Math.max(0, Math.min(1, share)) * 100}%` }} />
  </span>
);
