// What a Docker engine did to the machine's firewall, undone: its own rules and chains go, policies are what they were.
// Rules that anybody else added in the meantime stay. Pure: from two listings of iptables-save(8) to the input of
// `iptables-restore --noflush`.

interface Table {
  policies: Map<string, string>;
  chains: Set<string>;
  rules: Set<string>;
}

/** Marks of Docker's: its chains and the bridges of its networks. */
const OF_DOCKER = /\bDOCKER\b|\bDOCKER-|\bdocker0\b|\bbr-[0-9a-f]{12}\b/;

/** Empty when there is nothing to undo. */
export function undoFirewallChanges(before: string, after: string): string {
  const tablesBefore = parse(before);
  let input = '';
  for (const [name, table] of parse(after)) {
    const was = tablesBefore.get(name);
    const rules = [...table.rules].filter((rule) => OF_DOCKER.test(rule) && !was?.rules.has(rule));
    const chains = [...table.chains].filter((chain) => chain.startsWith('DOCKER') && !was?.chains.has(chain));
    // The one that Docker changes; in a table that was not there it accepts.
    const forward = was?.policies.get('FORWARD') ?? 'ACCEPT';
    const policyChanged = (table.policies.get('FORWARD') ?? forward) !== forward;
    if (rules.length + chains.length === 0 && !policyChanged) continue;
    input += [
      `*${name}`,
      ...(policyChanged ? [`:FORWARD ${forward} [0:0]`] : []),
      ...rules.map((rule) => rule.replace(/^-A/, '-D')),
      ...chains.map((chain) => `-F ${chain}`),
      ...chains.map((chain) => `-X ${chain}`),
      'COMMIT\n',
    ].join('\n');
  }
  return input;
}

function parse(text: string): Map<string, Table> {
  const tables = new Map<string, Table>();
  let table: Table = { policies: new Map(), chains: new Set(), rules: new Set() };
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) {
      table = { policies: new Map(), chains: new Set(), rules: new Set() };
      tables.set(line.slice(1), table);
    }
    const [, chain, policy] = /^:(\S+) (\S+)/.exec(line) ?? [];
    if (chain && policy === '-') table.chains.add(chain);
    else if (chain && policy) table.policies.set(chain, policy);
    if (line.startsWith('-A')) table.rules.add(line);
  }
  return tables;
}
