// What `./lab dns ctl status` prints of a server's state: zones, steered names, and every POP with what the checks and
// the operator say of it. Reads what it knows and leaves out what a server does not tell. Pure.

import { formatTable } from '../table.ts';

export interface ShownState {
  nsid?: string;
  zones?: { origin: string; file?: string; names?: number; serial?: number; dnssec?: boolean }[];
  steering?: {
    name: string;
    policy: unknown;
    ttlSeconds?: number;
    ttl?: { minSeconds: number; maxSeconds: number };
  }[];
  pops?: {
    name: string;
    health: string;
    forced?: string;
    usable?: boolean;
    since?: string;
    reason?: string;
    shedFraction?: number;
    rttError?: string;
  }[];
  geoipBuiltAt?: string;
}

export function statusText(
  state: ShownState,
  style: (colour: 'red' | 'yellow', text: string) => string,
): string {
  const { nsid, zones = [], steering = [], pops = [], geoipBuiltAt } = state;
  const zoneWord = zones.length === 1 ? 'zone' : 'zones';
  const facts = [
    `server ${nsid || '(no NSID)'}`,
    `${zones.length} ${zoneWord}`,
    `${steering.length} steered ${steering.length === 1 ? 'name' : 'names'}`,
    ...(geoipBuiltAt ? [`GeoIP of ${geoipBuiltAt.slice(0, 10)}`] : []),
  ];
  const popTable = formatTable(
    [
      { title: 'POP', cell: (pop) => pop.name },
      { title: 'CHECKS', cell: (pop) => (pop.health === 'down' ? style('red', 'down') : pop.health) },
      { title: 'OPERATOR', cell: (pop) => (pop.forced ? style('yellow', `${pop.forced}!`) : 'auto') },
      { title: 'GETS CLIENTS', cell: getsClients },
      { title: 'SINCE', cell: (pop) => pop.since?.replace(/\.\d+Z$/, 'Z') ?? '' },
      {
        title: 'WHY',
        cell: (pop) => [pop.reason, pop.rttError && `RTTs: ${pop.rttError}`].filter(Boolean).join('; '),
      },
    ],
    pops,
  );
  const nameTable = formatTable(
    [
      { title: 'NAME', cell: (rule) => rule.name },
      {
        title: 'POLICY',
        cell: (rule) => (typeof rule.policy === 'string' ? rule.policy : JSON.stringify(rule.policy)),
      },
      { title: 'TTL s', align: 'right', cell: ttlText },
    ],
    steering,
  );
  return [
    facts.join(', '),
    ...(pops.length > 0 ? ['', popTable] : []),
    ...(steering.length > 0 ? ['', nameTable] : []),
  ].join('\n');
}

function getsClients(pop: NonNullable<ShownState['pops']>[number]): string {
  const usable = pop.usable ?? pop.health !== 'down';
  if (!usable) return 'no';
  return pop.shedFraction ? `all but ${Math.round(pop.shedFraction * 100)} %` : 'yes';
}

function ttlText({ ttl, ttlSeconds }: NonNullable<ShownState['steering']>[number]): string {
  if (!ttl) return ttlSeconds === undefined ? '' : String(ttlSeconds);
  return ttl.minSeconds === ttl.maxSeconds ? String(ttl.minSeconds) : `${ttl.minSeconds}-${ttl.maxSeconds}`;
}
