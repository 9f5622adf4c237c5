// Ctrl-C and SIGTERM as one AbortSignal: a command gets the chance to clean up (`up` removes its half-built lab). A
// second Ctrl-C ends at once.

export const interruption = new AbortController();

let asked = 0;
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => {
    asked++;
    if (asked > 1) process.exit(130);
    interruption.abort(new Error('interrupted'));
  });
}
