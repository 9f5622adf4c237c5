// What a server tells the others about its own checks (not what the quorum decided: views that follow each other would
// never come back), as JSON at its admin port.

import { z } from '../../base/schema.ts';

const viewSchema = z.object({
  server: z.string(),
  pops: z.array(
    z.object({
      name: z.string(),
      health: z.enum(['up', 'down', 'unknown']),
      /** Least seconds until its view could change. */
      secondsToChange: z.number().check(z.nonnegative()),
      reason: z.string(),
    }),
  ),
});

export type HealthView = z.infer<typeof viewSchema>;

/** @throws when the text is no such view. */
export function parseHealthView(text: string): HealthView {
  return viewSchema.parse(JSON.parse(text));
}
