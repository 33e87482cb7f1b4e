/** The form of a metric's definition, and the series that it has from the start (docs/monitor.md «Metrics»). */

/** The values of each label: closed lists, so that no caller's data becomes a series. */
export type LabelValues = Readonly<Record<string, readonly string[]>>;

export type Labels = Readonly<Record<string, string>>;

export interface Definition {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  /** The name in OpenTelemetry's conventions, for metrics that have one. */
  readonly convention?: string;
  readonly labels: LabelValues;
  /** Returns true for the combinations of labels that occur; without it, all do. */
  readonly occurs?: (labels: Labels) => boolean;
  /** The upper bounds of a histogram. */
  readonly buckets?: readonly number[];
}

export type Definitions = Readonly<Record<string, Definition>>;

/** Every combination of labels that occurs. */
export function labelSets({ labels, occurs = () => true }: Definition): readonly Labels[] {
  const none: readonly Labels[] = [{}];
  const all = Object.entries(labels).reduce(
    (sets, [name, values]) => sets.flatMap((set) => values.map((value) => ({ ...set, [name]: value }))),
    none,
  );
  return all.filter(occurs);
}
