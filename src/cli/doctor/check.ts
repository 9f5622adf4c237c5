// One thing that a machine has or lacks.

export interface Check {
  name: string;
  /** `limited`: the lab runs without it, but something is missing or slower; `missing`: it does not run. */
  state: 'ok' | 'limited' | 'missing';
  /** What was found: a version, a number, `none`. */
  found: string;
  /** What it means for the lab; shown when the state is not `ok`. */
  means: string;
  /** What to type or change. */
  hint?: string;
}
