// The JSON Schema (draft 2020-12) of topology files, for editors: netem/topology.schema.json is its committed text. Also
// answers what may stand at a path, for error messages.

import { z } from 'zod';
import type { ValuePath } from '../base/yaml-source.ts';
import { topologySchema } from './schema.ts';

interface SchemaNode {
  type?: string;
  description?: string;
  examples?: unknown[];
  properties?: Record<string, SchemaNode>;
  additionalProperties?: SchemaNode | boolean;
  items?: SchemaNode;
  prefixItems?: SchemaNode[];
}

/** As written in a file: fields with a default may be left out. */
export function topologyJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(topologySchema, { io: 'input' });
  return { ...schema, title: 'Topology of a lab' };
}

/** The part of the schema for a path such as ['pops', 'fra', 'providers']; undefined where the schema knows none. */
export function schemaAt(path: ValuePath): SchemaNode | undefined {
  let node: SchemaNode | undefined = topologyJsonSchema() as SchemaNode;
  for (const step of path) {
    if (typeof step === 'number') node = node?.prefixItems?.[step] ?? node?.items;
    else node = node?.properties?.[step] ?? asNode(node?.additionalProperties);
  }
  return node;
}

function asNode(value: SchemaNode | boolean | undefined): SchemaNode | undefined {
  return typeof value === 'object' ? value : undefined;
}
