import { describe, expect, test } from 'vitest';
import {
  parseProtocols,
  parseReplies,
  parseRouteCount,
  parseSessions,
  parseStatus,
  sumRouteChanges,
} from '../../src/routing/birdc-output.ts';

const GREETING = '0001 BIRD 2.0.12 ready.\n';
const PROTOCOLS = `2002-Name       Proto      Table      State  Since         Info
1002-device1    Device     ---        up     04:36:37.429  
 ebgp_t1_fra BGP        ---        up     04:36:38.430  Established   
 ebgp_t2_fra BGP        ---        start  04:36:37.430  Active        Socket: Connection refused
 anycast_http4 Static     master4    down   2026-11-20  
0000 
`;

function only(text: string) {
  const { replies, rest } = parseReplies(text);
  expect(rest).toBe('');
  const reply = replies[0];
  if (!reply) throw new Error('no reply');
  return reply;
}

describe("BIRD's control protocol", () => {
  test('a reply ends at the line with a blank after its code', () => {
    const { replies, rest } = parseReplies(`${GREETING}1000-BIRD 2.0.12\n1011-Router ID is 1.2.3.4\n`);
    expect(replies).toEqual([{ code: 1, lines: [{ code: 1, text: 'BIRD 2.0.12 ready.' }] }]);
    expect(rest).toBe('1000-BIRD 2.0.12\n1011-Router ID is 1.2.3.4\n');
  });

  test('chunks may end anywhere: every cut gives the same replies', () => {
    const text = GREETING + PROTOCOLS;
    const whole = parseReplies(text).replies;
    for (let cut = 0; cut <= text.length; cut++) {
      const first = parseReplies(text.slice(0, cut));
      const second = parseReplies(first.rest + text.slice(cut));
      expect([...first.replies, ...second.replies]).toEqual(whole);
    }
  });

  test('sessions are the BGP protocols, with what holds them up', () => {
    expect(parseSessions(only(PROTOCOLS))).toEqual([
      { name: 'ebgp_t1_fra', state: 'Established', established: true, info: 'Established' },
      { name: 'ebgp_t2_fra', state: 'Active', established: false, info: 'Active Socket: Connection refused' },
    ]);
  });

  test('protocols tell what is announced', () => {
    const states = parseProtocols(only(PROTOCOLS)).map(({ name, state }) => `${name} ${state}`);
    expect(states).toContain('anycast_http4 down');
  });

  test('route changes are summed over channels, `---` counts nothing', () => {
    const text = `1002-ebgp_t1_fra BGP --- up 04:36:38.430 Established
1006-  Channel ipv4
     Route change stats:     received   rejected   filtered    ignored   accepted
       Import updates:             12          1          0          0         11
       Import withdraws:            3          0        ---          2          1
       Export updates:             20          5          1        ---         14
       Export withdraws:            2        ---        ---        ---          2
0000 
`;
    expect(sumRouteChanges(only(text))).toBe(24 + 6 + 40 + 4);
  });

  test('route counts and status', () => {
    const count =
      '0014-12 of 12 routes for 8 networks in table master4\n 3 of 3 routes for 3 networks in table master6\n0014 Total: 15 of 15 routes for 11 networks in 2 tables\n';
    expect(parseRouteCount(only(count))).toEqual({ routes: 15, networks: 11 });
    const status =
      '1000-BIRD 2.0.12\n1011-Router ID is 198.18.0.1\n Hostname is x\n0013 Daemon is up and running\n';
    expect(parseStatus(only(status))).toEqual({ version: '2.0.12', routerId: '198.18.0.1', running: true });
  });
});
