// What policy did with a request, as facts for an explanation: the running edge and `./lab edge explain --config` tell the
// same story from it. Not for the hot path.

import { type KeyedRequest, type KeySite, requestKey } from '../cache-key.ts';
import type { DecisionRecord } from '../explain.ts';
import { bypassReason } from './bypass.ts';
import { compileGlob } from './glob.ts';
import { pathOf } from './match.ts';
import { normalPath } from './normal-path.ts';
import { cacheableView, passedView } from './origin-view.ts';
import type { RoutePolicy } from './route-policy.ts';

/** The parts `route`, `bypass` and `key` of a record. */
export function policyRecord(
  route: RoutePolicy,
  request: KeyedRequest & { method: string },
  site: KeySite,
): Pick<DecisionRecord, 'route' | 'bypass' | 'key'> {
  const { method, pathAndQuery, fields } = request;
  const path = normalPath(pathOf(pathAndQuery));
  const pattern = route.match.paths.find((each) => compileGlob(each)(path));
  const named = { name: route.name, ...(pattern !== undefined && { pattern }) };
  const cacheable = method === 'GET' || method === 'HEAD';
  const bypass = cacheable ? bypassReason(route, request) : `method:${method}`;
  const droppedFrom = (view: readonly string[]) => [
    ...new Set(fieldNames(fields).filter((name) => !fieldNames(view).includes(name))),
  ];
  if (bypass !== undefined) return { route: named, bypass };
  const key = requestKey(route, request, site);
  return {
    route: named,
    key: {
      key: key.key,
      ...(key.pathAndQuery !== pathAndQuery && { pathAndQuery: key.pathAndQuery }),
      droppedParameters: droppedParameters(pathAndQuery, key.pathAndQuery),
      droppedFields: droppedFrom(
        cacheable ? cacheableView(route, fields) : passedView(route, fields, method),
      ),
    },
  };
}

function fieldNames(fields: readonly string[]): string[] {
  return fields.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase());
}

function droppedParameters(sent: string, kept: string): string[] {
  const names = (target: string) =>
    (target.split('?').slice(1).join('?') || '')
      .split('&')
      .map((parameter) => parameter.split('=', 1)[0] ?? '')
      .filter((name) => name !== '');
  const left = new Set(names(kept));
  return [...new Set(names(sent).filter((name) => !left.has(name)))];
}
