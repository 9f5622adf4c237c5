// Request fields that change what an origin answers without being in any cache key: the ways of web cache poisoning. They
// come from clients, who have no business saying where a request came from or goes to, so they do not reach the origin
// unless a route keys by them. test/edge/policy/poisoning.test.ts has the attacks, one a line.

/** Host, scheme, port, path and client in other words: what frameworks and proxies believe from a proxy before them. */
const ROUTING_LIES = new Set([
  'forwarded',
  'x-forwarded-host',
  'x-forwarded-server',
  'x-forwarded-scheme',
  'x-forwarded-proto',
  'x-forwarded-protocol',
  'x-forwarded-ssl',
  'x-forwarded-port',
  'x-forwarded-prefix',
  'x-forwarded-path',
  'x-forwarded-uri',
  'x-forwarded-by',
  'x-url-scheme',
  'x-scheme',
  'front-end-https',
  'x-host',
  'x-http-host-override',
  'x-original-host',
  'x-original-url',
  'x-original-uri',
  'x-rewrite-url',
  'x-override-url',
  'x-http-destinationurl',
  'x-proxy-url',
  'request-uri',
  'base-url',
  'x-base-url',
  'x-script-name',
  // httpoxy: CGI makes it HTTP_PROXY.
  'proxy',
  'x-real-ip',
  'x-client-ip',
  'client-ip',
  'true-client-ip',
  'x-cluster-client-ip',
  'x-originating-ip',
  'x-remote-ip',
  'x-remote-addr',
  'x-custom-ip-authorization',
  'cf-connecting-ip',
  'cf-connecting-ipv6',
  'fastly-client-ip',
  // Frameworks' own, between their parts: they switch middleware and rendering.
  'x-middleware-subrequest',
  'x-middleware-prefetch',
  'x-middleware-rewrite',
  'x-invoke-path',
  'x-invoke-status',
  'x-now-route-matches',
]);

/** Turn a GET into something else behind the cache's back. */
const METHOD_OVERRIDES = new Set([
  'x-http-method-override',
  'x-http-method',
  'x-method-override',
  'x-method',
]);

/** `name` in lower case. Underscores count as hyphens, as CGI and WSGI read them (`X_Forwarded_Host`). */
export function isRoutingLie(name: string): boolean {
  return ROUTING_LIES.has(name) || (name.includes('_') && ROUTING_LIES.has(name.replaceAll('_', '-')));
}

export function isMethodOverride(name: string): boolean {
  return (
    METHOD_OVERRIDES.has(name) || (name.includes('_') && METHOD_OVERRIDES.has(name.replaceAll('_', '-')))
  );
}
