import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileGlob } from '../../../src/edge/policy/glob.ts';
import { compileRoutes } from '../../../src/edge/policy/match.ts';
import { type RouteInput, resolveRoutes } from '../../../src/edge/policy/policy-config.ts';

function matched(routes: RouteInput[], authority: string, target: string): string {
  return compileRoutes(resolveRoutes(routes)).match(authority, target).name;
}

const paths = (...list: string[]): RouteInput[] =>
  list.map((path) => ({ name: nameOf(path), match: { path } }));
const nameOf = (path: string) => `r${path.replace(/[^a-z0-9]/g, '-')}`;

describe('the first route that matches wins', () => {
  const routes = paths('/exact', '/static/img/*', '/static/*', '*.jpg', '/deep/*/end', '/');
  const cases: [string, string | undefined][] = [
    ['/exact', '/exact'],
    ['/exact/', undefined],
    ['/exact?a=b', '/exact'],
    ['/static/img/a.jpg', '/static/img/*'],
    ['/static/a.jpg', '/static/*'],
    ['/static', undefined],
    ['/static/', '/static/*'],
    ['/other/a.jpg', '*.jpg'],
    ['/a.jpg?x=.png', '*.jpg'],
    ['/a?x=.jpg', undefined],
    ['/deep/a/b/end', '/deep/*/end'],
    ['/deep/end', undefined],
    ['/', '/'],
    ['/%2e%2e/exact', '/exact'],
    ['/static/../exact', '/exact'],
    ['/static/%2e%2e/other', undefined],
    ['/st%61tic/a', '/static/*'],
    ['/static%2Fa', undefined],
    ['/STATIC/a', undefined],
  ];
  for (const [target, expected] of cases) {
    test(`${target} is ${expected ?? 'nobody’s'}`, () => {
      expect(matched(routes, 'a.test', target)).toBe(expected === undefined ? 'default' : nameOf(expected));
    });
  }

  test('by host too, whatever its case and port', () => {
    const hosts: RouteInput[] = [
      { name: 'one', match: { host: 'WWW.cdn.test' } },
      { name: 'below', match: { host: ['*.cdn.test', 'other.test'], path: '/a' } },
    ];
    expect(matched(hosts, 'www.CDN.test:8080', '/x')).toBe('one');
    expect(matched(hosts, 'img.cdn.test', '/a')).toBe('below');
    expect(matched(hosts, 'other.test', '/a')).toBe('below');
    expect(matched(hosts, 'img.cdn.test', '/b')).toBe('default');
    expect(matched(hosts, 'cdn.test', '/a')).toBe('default');
    expect(matched(hosts, '[::1]:80', '/a')).toBe('default');
  });
});

const letters = fc.string({ unit: fc.constantFrom('a', 'b', '/', '.', '*'), maxLength: 8 });

test('the tree gives what trying one pattern after the other gives', () => {
  const pattern = letters.map((text) => `/${text}`);
  const path = letters.map((text) => `/${text.replaceAll('*', 'c').replaceAll('.', '')}`);
  fc.assert(
    fc.property(fc.array(pattern, { minLength: 1, maxLength: 12 }), path, (patterns, target) => {
      const routes = resolveRoutes(patterns.map((each) => ({ match: { path: each } })));
      const first = patterns.findIndex((each) => compileGlob(each)(target));
      expect(compileRoutes(routes).match('a', target).name).toBe(first < 0 ? 'default' : `routes[${first}]`);
    }),
  );
});

test('a glob matches what the same regular expression matches', () => {
  fc.assert(
    fc.property(letters, letters, (pattern, text) => {
      const source = pattern
        .split('*')
        .map((piece) => piece.replaceAll('.', '\\.'))
        .join('.*');
      expect(compileGlob(pattern)(text)).toBe(new RegExp(`^${source}$`, 's').test(text));
    }),
  );
});
