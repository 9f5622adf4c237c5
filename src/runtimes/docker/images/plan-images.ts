// The images of a lab and their names (pure). A tag is a digest of all that goes into the image, so that a lab's compose
// file names exactly its images, an image that is there needs no build, and one that changed is another image.
//
//   BASE ─┬─ router (bird, iproute2)
//         ├─ resolver (unbound)
//         └─ node (Node.js, npm packages) ─┬─ service (+ the project's programs)
//                                          └─ tools (dig, tcpdump, ...) ─ client (+ the project's programs)
//
// Only the two with the project in them change with its sources.

import { createHash } from 'node:crypto';
import type { BundledFile } from '../../bundle-programs.ts';

/** What nodes and services of a lab are made from. */
export const IMAGE_ROLES = ['router', 'resolver', 'service', 'client'] as const;
export type ImageRole = (typeof IMAGE_ROLES)[number];
/** In order of building, the longest chain first; a parent comes before its children. */
export const IMAGE_NAMES = ['node', 'router', 'tools', 'resolver', 'service', 'client'] as const;
export type ImageName = (typeof IMAGE_NAMES)[number];

/** Label of every image of ours: the digest of its tag. */
export const INPUTS_LABEL = 'io.catchment.inputs';
export const ROLE_LABEL = 'io.catchment.role';

/** An npm package that bundled programs load by name. */
export interface NpmPackage {
  /** `undici`, `@koromix/koffi-linux-x64`. */
  name: string;
  version: string;
  /** Absolute path. */
  folder: string;
}

export interface ImageInputs {
  /** The image that all stand on, and its id: a newer one of the same name makes new images. */
  base: { tag: string; id: string };
  /** Text of each Dockerfile. */
  dockerfiles: Record<ImageName, string>;
  whenPlumbed: string;
  node: { version: string; executable: string };
  packages: NpmPackage[];
  programs: BundledFile[];
}

/** A file of a build context: text, or a copy of what is at an absolute path (a folder with what programs need of it). */
export type ContextEntry = { path: string; executable?: boolean } & ({ text: string } | { copyOf: string });

export interface PlannedImage {
  name: ImageName;
  /** `catchment/router:0123456789ab`. */
  tag: string;
  /** What goes into the label INPUTS_LABEL: the tag's digest. */
  inputs: string;
  /** Tag of the image it stands on: the base, or one of the plan's. */
  from: string;
  /** Besides the Dockerfile. */
  context: ContextEntry[];
  dockerfile: string;
}

const PARENTS: Partial<Record<ImageName, ImageName>> = { tools: 'node', service: 'node', client: 'tools' };
const DIGEST_LENGTH = 12;

/** In order of building. */
export function planImages(inputs: ImageInputs): PlannedImage[] {
  const planned = new Map<ImageName, PlannedImage>();
  for (const name of IMAGE_NAMES) {
    const parent = PARENTS[name];
    const from = parent ? (planned.get(parent) as PlannedImage).tag : inputs.base.tag;
    const dockerfile = inputs.dockerfiles[name];
    const context = contextOf(name, inputs);
    const digest = createHash('sha256')
      .update(JSON.stringify([dockerfile, parent ? from : inputs.base, contextIdentity(context, inputs)]))
      .digest('hex')
      .slice(0, DIGEST_LENGTH);
    planned.set(name, {
      name,
      tag: `catchment/${name}:${digest}`,
      inputs: digest,
      from,
      context,
      dockerfile,
    });
  }
  return [...planned.values()];
}

function contextOf(name: ImageName, { whenPlumbed, node, packages, programs }: ImageInputs): ContextEntry[] {
  const script: ContextEntry = { path: 'when-plumbed.sh', text: whenPlumbed, executable: true };
  switch (name) {
    case 'router':
    case 'resolver':
      return [script];
    case 'node':
      return [
        script,
        { path: 'node', copyOf: node.executable, executable: true },
        // Bundles are ES modules; said here, or Node.js would have to find out.
        { path: 'catchment/package.json', text: '{"private":true,"type":"module"}\n' },
        ...packages.map(({ name, folder }) => ({
          path: `catchment/node_modules/${name}`,
          copyOf: folder,
        })),
      ];
    case 'tools':
      return [];
    case 'service':
    case 'client':
      return programs.map(({ name, code }) => ({ path: `programs/${name}`, text: code }));
  }
}

/** What the context is, for the digest: text as it is, copies by their version and not by where they lie here. */
function contextIdentity(context: ContextEntry[], { node, packages }: ImageInputs): unknown {
  const versions = new Map([
    [node.executable, node.version],
    ...packages.map(({ folder, version }) => [folder, version] as const),
  ]);
  return context.map((entry) => [
    entry.path,
    'text' in entry ? entry.text : { version: versions.get(entry.copyOf) },
  ]);
}
