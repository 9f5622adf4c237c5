/** Does all steps of a work at once, where nothing else waits meanwhile; its result. */
export function allSteps<T>(steps: Iterator<void, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}
