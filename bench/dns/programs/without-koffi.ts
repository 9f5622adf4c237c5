// For `--import`, in every thread: koffi cannot be had, as where no binary of it exists for the platform.

import { registerHooks } from 'node:module';

registerHooks({
  resolve(specifier, context, next) {
    if (specifier === 'koffi')
      throw Object.assign(new Error('hidden by the bench'), { code: 'MODULE_NOT_FOUND' });
    return next(specifier, context);
  },
});
