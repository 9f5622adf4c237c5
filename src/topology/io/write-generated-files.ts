// `node src/topology/io/write-generated-files.ts`: writes the made files of netem/ after a change of schema or generator.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_FOLDER } from '../../base/project-folder.ts';
import { generatedFiles } from '../generated-files.ts';

for (const [path, content] of Object.entries(generatedFiles())) {
  writeFileSync(join(PROJECT_FOLDER, path), content);
  console.log(path);
}
