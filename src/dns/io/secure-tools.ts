// What DNS over TLS and over HTTPS need, in one module to be loaded only where one of them is configured.

export { listenDoh } from './doh-listener.ts';
export { readCertificate } from './dot-certificate.ts';
export { listenDot } from './dot-listener.ts';
