// `./lab images`: the container images of the docker runtime: builds what is missing, lists them, removes old ones.

import type { Command } from 'commander';
import { type Cli, cliOf } from '../context.ts';
import { createProgress } from '../progress.ts';
import { formatTable } from '../table.ts';

interface Options {
  rebuild?: boolean;
  prune?: boolean;
}

interface ListedImage {
  role: string;
  tag: string;
  sizeBytes: number;
  builtAt: string;
  /** Made from the sources as they are now. */
  current: boolean;
}

export function define(command: Command): void {
  command
    .option(
      '--rebuild',
      'build all anew, for newer Debian packages (and a newer base image, where a registry answers)',
    )
    .option('--prune', 'then remove older images of ours that no container uses')
    .option('--json', 'as JSON: {images: [{role, tag, sizeBytes, builtAt, current}], removed: [tag]}')
    .addHelpText(
      'after',
      `
./lab up --runtime docker builds what is missing by itself. Sizes include the layers that images share.
Where no registry can be reached the base image is made from Debian packages, which takes root and debootstrap.

Examples:
  ./lab images
  ./lab images --rebuild --prune
  ./lab images --json | jq -r '.images[] | select(.current) | .tag'`,
    )
    .action(async (options: Options, self: Command) => {
      const cli = cliOf(self);
      const progress = createProgress(cli.output);
      try {
        const { connectEngine } = await import('../../runtimes/docker/engine.ts');
        const { buildMissing } = await import('../../runtimes/docker/images/ensure-images.ts');
        const { pruneImages, storedImages } = await import('../../runtimes/docker/images/image-store.ts');
        const engine = await connectEngine();
        const planned = await buildMissing(engine, {
          rebuild: options.rebuild,
          onEvent: progress.event,
          signal: cli.signal,
        });
        const wanted = new Set(planned.map(({ tag }) => tag));
        if (options.prune) progress.doing('removing old images');
        const removed = options.prune ? await pruneImages(engine, wanted) : [];
        const images = (await storedImages(engine)).map((image) => ({
          role: image.role,
          tag: image.tag ?? '<none>',
          sizeBytes: image.sizeBytes,
          builtAt: image.builtAt,
          current: image.tag !== undefined && wanted.has(image.tag),
        }));
        progress.stop();
        print(
          cli,
          images,
          removed.map(({ tag, id }) => tag ?? id),
        );
      } finally {
        progress.stop();
      }
    });
}

function print({ output }: Cli, images: ListedImage[], removed: string[]): void {
  if (output.json) {
    output.data({ images, removed });
    return;
  }
  output.print(
    formatTable(
      [
        { title: 'ROLE', cell: (image) => image.role },
        { title: 'TAG', cell: (image) => image.tag },
        { title: 'SIZE', align: 'right', cell: (image) => `${Math.round(image.sizeBytes / 1e6)} MB` },
        { title: 'BUILT', cell: (image) => image.builtAt.replace('T', ' ').replace(/\..*/, ' UTC') },
        { title: '', cell: (image) => (image.current ? '' : output.style('dim', 'old')) },
      ],
      images,
    ),
  );
  if (removed.length > 0) output.print(`removed ${removed.length} old: ${removed.join(' ')}`);
  const old = images.filter(({ current }) => !current).length;
  if (old > 0 && removed.length === 0)
    output.note(`${old} old: ./lab images --prune removes those that no container uses`);
}
