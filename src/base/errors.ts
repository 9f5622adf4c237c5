// Errors that a user can act on. A user's mistake carries where it is, what was expected, what was found and
// a hint: the next thing to type. Our own mistakes are assertions (node:assert) and never take this shape.

/** One user-facing problem. All fields but `message` are optional; `hint` is what to type or change. */
export interface Problem {
  /** What is wrong, one sentence, no trailing period needed. */
  message: string;
  /** File the problem is in, as the user named it. */
  file?: string;
  /** 1-based line in `file`. */
  line?: number;
  /** Path of the offending value, such as `transits.t1.routers[2]`. */
  path?: string;
  expected?: string;
  found?: string;
  /** The next thing to type or to change. */
  hint?: string;
}

/** An error made of one or more problems, reported all at once. `exitCode` 1 failed, 2 wrong usage. */
export class UserError extends Error {
  readonly problems: Problem[];
  readonly exitCode: 1 | 2;
  constructor(problems: Problem | Problem[], exitCode: 1 | 2 = 1, options?: { cause?: unknown }) {
    const list = Array.isArray(problems) ? problems : [problems];
    super(list.map(formatProblem).join('\n'), options);
    this.name = 'UserError';
    this.problems = list;
    this.exitCode = exitCode;
  }
}

/** `file:line: message` then indented expected, found and hint lines; plain text without colours. */
export function formatProblem(problem: Problem): string {
  const where = problem.file ? `${problem.file}${problem.line ? `:${problem.line}` : ''}: ` : '';
  const lines = [`${where}${problem.path ? `${problem.path}: ` : ''}${problem.message}`];
  if (problem.expected) lines.push(`  expected: ${problem.expected}`);
  if (problem.found) lines.push(`  found:    ${problem.found}`);
  if (problem.hint) lines.push(`  hint:     ${problem.hint}`);
  return lines.join('\n');
}
