import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cacheKey } from '../../src/edge/cache-key.ts';
import { parseRequestTarget } from '../../src/edge/request-target.ts';

const HOST = ['Host', 'www.cdn.test'];

describe('parseRequestTarget', () => {
  it.each<[string, string, string[], string | number]>([
    ['GET', '/a?b=c', HOST, '/a?b=c'],
    ['GET', 'http://www.cdn.test/a', HOST, '/a'],
    ['GET', 'HTTP://WWW.cdn.test?x', HOST, '/?x'],
    ['GET', '/', ['Host', '[2001:db8::1]:80'], '/'],
    ['GET', 'http://other.test/a', HOST, 400],
    ['GET', 'https://www.cdn.test/a', HOST, 400],
    ['GET', 'a', HOST, 400],
    ['GET', '/a#b', HOST, 400],
    ['GET', '/a"b', HOST, 400],
    ['GET', '/%zz', HOST, 400],
    ['GET', '/\u00e9', HOST, 400],
    ['GET', `/${'a'.repeat(9000)}`, HOST, 414],
    ['GET', '/', [], 400],
    ['GET', '/', [...HOST, ...HOST], 400],
    ['GET', '/', [...HOST, 'hOsT', 'other.test'], 400],
    ['GET', '/', ['Host', ''], 400],
    ['GET', '/', ['Host', 'a b'], 400],
    ['GET', '/', ['Host', 'user@www.cdn.test'], 400],
    ['GET', '/', ['Host', 'a/b'], 400],
    ['GET', '/', ['Host', 'a, b'], 400],
    ['CONNECT', 'www.cdn.test:80', HOST, 405],
    ['TRACE', '/', HOST, 405],
    ['OPTIONS', '*', HOST, 501],
  ])('%s %s with %j', (method, target, fields, expected) => {
    const result = parseRequestTarget(method, target, fields);
    expect(result.ok ? result.pathAndQuery : result.status).toBe(expected);
  });

  it('judges any target without failing, and lets only paths through', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (target) => {
        const result = parseRequestTarget('GET', target, HOST);
        if (result.ok) expect(result.pathAndQuery).toMatch(/^\/[\x21-\x7e]*$/);
      }),
    );
  });
});

describe('cacheKey', () => {
  it('is the same for spellings of one authority and keeps path and query as they are', () => {
    expect(cacheKey('WWW.cdn.test:80', '/A?b=1')).toBe('http://www.cdn.test/A?b=1');
    expect(cacheKey('www.cdn.test', '/A?b=1')).toBe('http://www.cdn.test/A?b=1');
    expect(cacheKey('www.cdn.test:8080', '/')).toBe('http://www.cdn.test:8080/');
  });
});
