// What an engine of the lab tests changed in the firewall is undone, and nothing else (test/lab/docker-firewall.ts).

import { describe, expect, test } from 'vitest';
import { undoFirewallChanges } from '../../lab/docker-firewall.ts';

const BEFORE = `*filter
:INPUT ACCEPT [12:800]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -i lo -j ACCEPT
COMMIT
`;
const AFTER = `*filter
:INPUT ACCEPT [20:900]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:DOCKER - [0:0]
:DOCKER-USER - [0:0]
:VPN - [0:0]
-A INPUT -i lo -j ACCEPT
-A INPUT -i wg0 -j VPN
-A FORWARD -j DOCKER-USER
-A FORWARD -i docker0 ! -o docker0 -j ACCEPT
-A FORWARD -o br-0123456789ab -j DOCKER
-A DOCKER-USER -j RETURN
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:DOCKER - [0:0]
-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
COMMIT
`;

describe('the firewall after an engine of ours', () => {
  test('loses its rules and chains, gets its policy back, and keeps what others added', () => {
    expect(undoFirewallChanges(BEFORE, AFTER)).toBe(`*filter
:FORWARD ACCEPT [0:0]
-D FORWARD -j DOCKER-USER
-D FORWARD -i docker0 ! -o docker0 -j ACCEPT
-D FORWARD -o br-0123456789ab -j DOCKER
-D DOCKER-USER -j RETURN
-F DOCKER
-F DOCKER-USER
-X DOCKER
-X DOCKER-USER
COMMIT
*nat
-D POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
-F DOCKER
-X DOCKER
COMMIT
`);
  });

  test('is not touched when there was an engine before', () => {
    expect(undoFirewallChanges(AFTER, AFTER)).toBe('');
    expect(undoFirewallChanges(BEFORE, BEFORE)).toBe('');
  });
});
