// The first part of an explanation: what was asked, which route it fell under, what the route did with it before the cache
// was looked at.

import type { DecisionRecord, ExplainedStep } from './explain.ts';

export function explainRoute(record: DecisionRecord): ExplainedStep[] {
  const { request, route, rateLimit, bypass, key } = record;
  const { method, authority, pathAndQuery, clientAddress } = request;
  const steps: ExplainedStep[] = [
    {
      about: 'request',
      text: `${clientAddress} asks ${method} http://${authority}${pathAndQuery}.`,
      data: request,
    },
  ];
  if (route) {
    const text =
      route.name === 'default'
        ? 'No route matches: the origin’s own headers decide.'
        : `Route ${route.name} is the first that matches${route.pattern ? `, by ${route.pattern}` : ''}.`;
    steps.push({ about: 'route', text, data: route });
  }
  if (rateLimit) {
    const text = rateLimit.allowed
      ? `The rate limit has ${rateLimit.remaining} requests left for this client at once.`
      : `The rate limit is used up: one more is allowed in ${rateLimit.retryAfterSeconds} s.`;
    steps.push({ about: 'limit', text, data: rateLimit });
  }
  if (bypass !== undefined) {
    steps.push({ about: 'bypass', text: `It goes past the cache: ${bypassText(bypass)}.`, data: { bypass } });
  }
  if (key) steps.push({ about: 'key', text: keyText(key), data: key });
  return steps;
}

function bypassText(reason: string): string {
  const [kind = '', rest = ''] = [reason.split(':', 1)[0], reason.slice(reason.indexOf(':') + 1)];
  switch (kind) {
    case 'cookie':
      return `it has the cookie ${rest}`;
    case 'method':
      return rest === 'method' ? 'only GET and HEAD are cached' : `its method is ${rest}`;
    case 'path':
      return `its path matches ${rest}`;
    case 'header':
      return `it has the field ${rest}`;
    case 'authorization':
      return 'it has Authorization';
    case 'route':
      return 'the route says so for all requests';
    case 'ambiguous-path':
      return 'origins may read its path in another way than the route was matched by';
    case 'request-body':
      return 'a GET with a body is answered by what no key knows';
    default:
      return reason;
  }
}

function keyText({
  key,
  pathAndQuery,
  droppedParameters = [],
  droppedFields = [],
}: NonNullable<DecisionRecord['key']>) {
  const dropped = [
    droppedParameters.length === 0 ? '' : `the parameters ${droppedParameters.join(', ')}`,
    droppedFields.length === 0 ? '' : `the fields ${droppedFields.join(', ')}`,
  ].filter((text) => text !== '');
  return [
    `The key is ${key}.`,
    pathAndQuery === undefined ? '' : `The origin is asked for ${pathAndQuery}.`,
    dropped.length === 0 ? '' : `It does not see ${dropped.join(' and ')}, which the key leaves out.`,
  ]
    .filter((text) => text !== '')
    .join(' ');
}
