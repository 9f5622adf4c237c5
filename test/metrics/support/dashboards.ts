// The dashboards as tests read them: their shape, their queries as Grafana would send them, the metrics they name.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { PROJECT_FOLDER } from '../../../src/base/project-folder.ts';

export const DASHBOARD_FOLDER = join(PROJECT_FOLDER, 'compose/grafana/dashboards');

const datasource = z.strictObject({ type: z.literal('prometheus'), uid: z.string() });
const gridPos = z.strictObject({
  x: z.int().min(0).max(23),
  y: z.int().min(0),
  w: z.int().min(1).max(24),
  h: z.int().min(1),
});

const row = z.strictObject({
  id: z.int(),
  type: z.literal('row'),
  title: z.string().min(1),
  gridPos,
  panels: z.array(z.never()),
  collapsed: z.literal(false),
});

const panel = z.strictObject({
  id: z.int(),
  type: z.enum(['stat', 'timeseries', 'state-timeline', 'table']),
  title: z.string().min(1),
  description: z.string().min(20),
  datasource,
  gridPos,
  targets: z
    .array(
      z.strictObject({
        refId: z.string().regex(/^[A-Z]$/),
        expr: z.string().min(1),
        legendFormat: z.string().optional(),
        instant: z.boolean().optional(),
        range: z.boolean().optional(),
        format: z.literal('table').optional(),
      }),
    )
    .min(1),
  fieldConfig: z.strictObject({
    defaults: z.looseObject({ unit: z.enum(['reqps', 'cps', 'percentunit', 's', 'Bps', 'bytes', 'none']) }),
    overrides: z.array(z.unknown()),
  }),
  options: z.looseObject({}),
  transformations: z.array(z.looseObject({ id: z.string() })).optional(),
});

const dashboard = z.strictObject({
  uid: z.string().regex(/^[a-z-]{1,40}$/),
  title: z.string().min(1),
  description: z.string().min(1),
  tags: z.array(z.string()),
  schemaVersion: z.literal(42),
  version: z.int(),
  editable: z.literal(false),
  graphTooltip: z.literal(1),
  refresh: z.string(),
  time: z.strictObject({ from: z.string(), to: z.string() }),
  timezone: z.literal('browser'),
  annotations: z.strictObject({ list: z.array(z.never()) }),
  links: z.array(z.looseObject({ url: z.string() })),
  templating: z.strictObject({
    list: z.array(
      z.looseObject({
        name: z.string(),
        type: z.literal('query'),
        datasource,
        query: z.looseObject({ query: z.string() }),
      }),
    ),
  }),
  panels: z.array(z.union([row, panel])),
});

export type Dashboard = z.output<typeof dashboard> & { file: string };
export type Panel = z.output<typeof panel>;

/** Throws where a file has not the shape of a dashboard. */
export function loadDashboards(): Dashboard[] {
  return readdirSync(DASHBOARD_FOLDER)
    .sort()
    .map((file) => {
      const text = readFileSync(join(DASHBOARD_FOLDER, file), 'utf8');
      return { file, ...dashboard.parse(JSON.parse(text)) };
    });
}

export function panelsOf({ panels }: Dashboard): Panel[] {
  return panels.filter((each): each is Panel => each.type !== 'row');
}

/** A query as Grafana sends it: `$lab` chosen, `$__rate_interval` four times the scrape interval. */
export function withVariables(expr: string, lab: string): string {
  const text = expr.replaceAll('$lab', lab).replaceAll('$__rate_interval', '20s');
  if (text.includes('$')) throw new Error(`a variable that is not known: ${text}`);
  return text;
}

const WORDS = new Set(
  'and or unless avg on ignoring group_left group_right by without sum min max count topk rate vector histogram_quantile offset bool'.split(
    ' ',
  ),
);

/** Names of metrics in a query: words that are no function, keyword or label. */
export function metricNames(expr: string): string[] {
  const bare = expr
    .replaceAll(/"[^"]*"/g, '')
    .replaceAll(/\{[^}]*\}/g, '')
    .replaceAll(/\[[^\]]*\]/g, '')
    .replaceAll(/\b(?:by|on|group_left)\s*\([^)]*\)/g, ' ');
  const names = bare.match(/[A-Za-z_]\w*/g) ?? [];
  return [...new Set(names.filter((name) => !WORDS.has(name)))];
}
