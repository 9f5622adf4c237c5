// Configuration files of the services: JSON against a schema, every mistake at once with its path in the file.

import { type Problem, UserError } from './errors.ts';
import { z } from './schema.ts';

/** Adds a hint to a problem; undefined where there is none. */
export type HintFor = (issue: z.core.$ZodIssue) => string | undefined;

/** @throws UserError naming every problem with its path in `file`. */
export function parseJsonConfig<Schema extends z.core.$ZodType>(
  schema: Schema,
  text: string,
  file: string,
  hintFor: HintFor = () => undefined,
): z.output<Schema> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new UserError({ message: `not JSON: ${(cause as Error).message}`, file }, 1, { cause });
  }
  const result = z.safeParse(schema, json);
  if (result.success) return result.data;
  throw new UserError(
    result.error.issues.map(
      (issue): Problem => ({
        message: issue.message,
        file,
        path: issue.path.join('.') || undefined,
        hint: hintFor(issue),
      }),
    ),
  );
}
