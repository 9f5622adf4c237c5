import { describe, expect, it } from 'vitest';
import { invalidations } from '../../src/edge/invalidation.ts';

describe('invalidations', () => {
  const after = (method: string, status: number, fields: string[]) =>
    invalidations({ method, authority: 'a.test', pathAndQuery: '/x/y?q' }, status, fields).map(
      ({ target }) => target,
    );

  it.each<[string, string, number, string[], string[]]>([
    ['POST', 'POST', 200, [], ['/x/y?q']],
    ['a method nobody knows', 'FROB', 204, [], ['/x/y?q']],
    ['a redirect after DELETE', 'DELETE', 303, ['Location', '/z'], ['/x/y?q', '/z']],
    [
      'relative references',
      'PUT',
      201,
      ['Location', 'w', 'Content-Location', '?v'],
      ['/x/y?q', '/x/w', '/x/y?v'],
    ],
    ['an absolute one here', 'PUT', 201, ['Location', 'http://A.test:80/z'], ['/x/y?q', '/z']],
    ['another host', 'PUT', 201, ['Location', 'http://b.test/z'], ['/x/y?q']],
    ['another port', 'PUT', 201, ['Location', 'http://a.test:81/z'], ['/x/y?q']],
    ['another scheme', 'PUT', 201, ['Location', 'https://a.test/z'], ['/x/y?q']],
    ['what is no reference', 'PUT', 201, ['Location', 'http://['], ['/x/y?q']],
    ['itself once', 'PUT', 201, ['Location', '/x/y?q'], ['/x/y?q']],
    ['an error', 'POST', 404, ['Location', '/z'], []],
    ['GET', 'GET', 200, ['Location', '/z'], []],
    ['OPTIONS', 'OPTIONS', 200, [], []],
  ])('%s', (_, method, status, fields, expected) => {
    expect(after(method, status, fields)).toEqual(expected);
  });
});
