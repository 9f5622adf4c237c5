import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../../src/base/errors.ts';
import { parsePurgeCommand, purgeBody } from '../../../src/edge/purge/purge-command.ts';

describe('the body of a purge', () => {
  it.each([
    ['{"url": "http://www.cdn.test/a?b=1"}', { kind: 'url', url: 'http://www.cdn.test/a?b=1' }],
    ['{"url": "/a"}', { kind: 'url', url: '/a' }],
    ['{"tag": "shop"}', { kind: 'tags', tags: ['shop'] }],
    ['{"tags": ["shop", "front", "shop"]}', { kind: 'tags', tags: ['shop', 'front'] }],
    ['{"prefix": "http://www.cdn.test"}', { kind: 'prefix', prefix: 'http://www.cdn.test' }],
    ['{"host": "www.cdn.test"}', { kind: 'host', host: 'www.cdn.test' }],
    ['{"key": "http://o/a"}', { kind: 'key', key: 'http://o/a' }],
    ['{"all": true}', { kind: 'all' }],
  ])('%s', (body, target) => {
    const command = parsePurgeCommand(body);
    expect(command).toEqual({ target, soft: false, broadcast: false });
    expect(parsePurgeCommand(purgeBody(command))).toEqual(command);
  });

  it.each([
    ['', 'no JSON object'],
    ['[]', 'no JSON object'],
    ['{}', 'name one thing'],
    ['{"all": true, "url": "/a"}', 'name one thing'],
    ['{"all": false}', 'only {"all": true}'],
    ['{"all": true, "sfot": true}', 'sfot: unknown'],
    ['{"url": "ftp://a/b"}', 'neither an http URL'],
    ['{"url": "a b"}', 'neither an http URL'],
    ['{"tags": []}', '1 to 256 words'],
    ['{"tag": "a b"}', 'without spaces'],
    ['{"host": "a/b"}', 'not a host name'],
    ['{"all": true, "soft": "yes"}', 'neither true nor false'],
    ['{"all": true, "id": "a b"}', 'not a word'],
  ])('refuses %s', (body, message) => {
    expect(() => parsePurgeCommand(body)).toThrow(message);
  });

  it('is read or refused in words, whatever comes', () => {
    const value = fc.oneof(fc.string(), fc.boolean(), fc.integer(), fc.array(fc.string()), fc.constant(null));
    const name = fc.constantFrom('url', 'key', 'tag', 'tags', 'prefix', 'host', 'all', 'soft', 'id', 'x');
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.dictionary(name, value).map((o) => JSON.stringify(o)),
        ),
        (body) => {
          try {
            const command = parsePurgeCommand(body);
            expect(parsePurgeCommand(purgeBody(command))).toEqual(command);
          } catch (error) {
            expect(error).toBeInstanceOf(UserError);
          }
        },
      ),
    );
  });
});
