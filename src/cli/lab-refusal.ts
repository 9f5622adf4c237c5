// The lab's own "no" (`pop-fra is not failed`, `only a POP can be drained`) is the answer to a user, not a mistake of ours.

import { UserError } from '../base/errors.ts';

export async function orRefusal<T>(action: Promise<T>, hint: string): Promise<T> {
  try {
    return await action;
  } catch (error) {
    // Errors of the system keep their codes and their own hints.
    if (error instanceof UserError || !(error instanceof Error) || 'code' in error) throw error;
    throw new UserError({ message: error.message, hint }, 1, { cause: error });
  }
}
