// Where this checkout is: data files, bundles and the launcher are found from here.

import { resolve } from 'node:path';

export const PROJECT_FOLDER = resolve(import.meta.dirname, '../..');
