// What a thread of the server is to be: a UDP worker, or the compiler of steering tables.

import { isCompiler, runCompiler } from './compile-steering.ts';
import type { HandlerSetup } from './query-handler.ts';
import { createWorkerHandler } from './worker-handler.ts';
import { isUdpWorker, runUdpWorker } from './worker-main.ts';

export async function runThread(): Promise<void> {
  if (isCompiler()) runCompiler();
  else if (isUdpWorker()) {
    await runUdpWorker((initial, post) => createWorkerHandler(initial as HandlerSetup, post));
  }
}
