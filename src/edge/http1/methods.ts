// The methods of the IANA registry that a proxy may meet, and PURGE. Anything else is refused: bytes that only look
// like a request line (SMTP, the second half of a smuggled request) mostly fail here.

const METHODS = [
  // RFC 9110, RFC 5789, the QUERY method.
  ...['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'QUERY', 'CONNECT', 'TRACE'],
  // WebDAV and its extensions.
  ...[
    'ACL',
    'BIND',
    'CHECKOUT',
    'COPY',
    'LINK',
    'LOCK',
    'MERGE',
    'MKACTIVITY',
    'MKCALENDAR',
    'MKCOL',
    'MOVE',
  ],
  ...['PROPFIND', 'PROPPATCH', 'REBIND', 'REPORT', 'SEARCH', 'UNBIND', 'UNLINK', 'UNLOCK'],
  // In use without being registered: caches and UPnP.
  ...['PURGE', 'M-SEARCH', 'NOTIFY', 'SUBSCRIBE', 'UNSUBSCRIBE'],
];

export const KNOWN_METHODS: ReadonlySet<string> = new Set(METHODS);

export const LONGEST_METHOD = Math.max(...METHODS.map((method) => method.length));
