// What the admin server tells of a running server, and the few things it lets an operator do.

import { UserError } from '../../base/errors.ts';
import { nearestNames } from '../../base/suggest.ts';
import { formatPrefix } from '../../net/prefix.ts';
import { explain } from '../explain.ts';
import { matchesPattern } from '../health/overrides.ts';
import { Steering } from '../steering/steering.ts';
import { formatName } from '../wire/name.ts';
import type { AdminSubject } from './admin-subject.ts';
import { geoipSources } from './geoip-sources.ts';
import type { Server } from './service.ts';

export function adminSubject(server: Server): AdminSubject {
  let sources = { of: server.loaded, geoip: geoipSources(server.loaded.config.geoip, server.loaded.pathOf) };
  const geoip = () => {
    const { loaded } = server;
    if (sources.of !== loaded)
      sources = { of: loaded, geoip: geoipSources(loaded.config.geoip, loaded.pathOf) };
    return sources.geoip.open();
  };
  return {
    healthz: () => healthz(server),
    healthView: () => server.health.view(),
    state: () => stateReport(server),
    metrics: async () => {
      const { CONTENT_TYPE, renderMetrics } = await import('./prometheus.ts');
      return { contentType: CONTENT_TYPE, text: await renderMetrics(server) };
    },
    explain: (question) =>
      explain(
        {
          data: server.loaded.data,
          steering: question.down ? supposeDown(server, question.down) : server.handler.steering,
          sources: { ...geoip(), rtts: server.rtts },
          outside: (target) => server.outside.get(target),
        },
        question,
      ),
    reload: () => server.reload(),
    ...(server.loaded.config.overrides && {
      override: async (pattern, state, reason) => {
        const covered = server.health.snapshot().pops.filter((pop) => matchesPattern(pattern, pop.pop));
        if (state && covered.length === 0) {
          const pops = server.loaded.config.pops.map(({ name }) => name);
          const near = nearestNames(pattern, pops);
          throw new UserError({
            message: `${pattern} matches no POP`,
            hint: near.length > 0 ? `did you mean ${near.join(' or ')}?` : `POPs: ${pops.join(', ')}`,
          });
        }
        if (state) await server.health.setOverride(pattern, state, reason);
        else await server.health.clearOverride(pattern);
        return overrideReport(server, pattern, state);
      },
    }),
  };
}

/** What tells whether this server can steer: POPs it sees up, POPs that told it RTTs, and since when it knows all of them. */
function healthz({ loaded, health, rtts }: Server): { status: string } & Record<string, unknown> {
  const tables = rtts.entries();
  const measured = tables.flatMap(({ entries }) => entries.map((entry) => entry.measuredAtMs));
  const oldest = measured.reduce((least, time) => Math.min(least, time), Number.POSITIVE_INFINITY);
  const { pops } = health.snapshot();
  return {
    status: 'ok',
    nsid: loaded.data.nsid,
    popsUp: pops.filter((pop) => pop.usable && pop.health !== 'unknown').length,
    popsWithRtts: tables.length,
    oldestRttAt: Number.isFinite(oldest) ? new Date(oldest).toISOString() : null,
  };
}

function stateReport(server: Server): object {
  const { loaded, health, rtts, poller, udp } = server;
  const { data, config } = loaded;
  const { pops, ...checks } = health.report();
  return {
    nsid: data.nsid,
    workers: udp?.workers ?? 0,
    zones: [...data.zones.values()].map((zone) => ({
      origin: formatName(zone.origin),
      file: zone.file,
      names: zone.nodes.size,
      serial: zone.serial,
      dnssec: data.signing?.keys.has(zone.origin) ?? false,
    })),
    steering: [...data.rules.values()].map((rule) => ({
      name: formatName(rule.owner),
      policy: rule.policy,
      ttl: rule.ttl,
    })),
    pops: pops.map((pop) => {
      const rttError = poller.errors.get(pop.name);
      return { ...pop, ...(rttError && { rttError }) };
    }),
    ...checks,
    ...(config.geoip && {
      geoip: {
        ...(typeof config.geoip === 'string' ? { file: config.geoip } : config.geoip),
        ...(loaded.geoipBuiltAt && { builtAt: loaded.geoipBuiltAt.toISOString() }),
      },
    }),
    rtt: rtts.entries().map(({ pop, entries }) => ({
      pop,
      entries: entries.map((entry) => ({
        prefix: formatPrefix(entry.prefix),
        rttMs: entry.rttMs,
        measuredAt: new Date(entry.measuredAtMs).toISOString(),
        samples: entry.samples,
      })),
    })),
  };
}

/** A steering beside the one in force, in which these POPs are down. */
function supposeDown({ loaded, handler, health }: Server, down: readonly string[]): Steering {
  const steering = new Steering(loaded.data.steering);
  steering.setRtts(handler.steering.rtts);
  const { serial, pops } = health.snapshot();
  steering.setSnapshot({
    serial,
    pops: pops.map((pop) =>
      down.includes(pop.pop)
        ? { ...pop, health: 'down', usable: false, reason: 'taken for down in the question' }
        : pop,
    ),
  });
  return steering;
}

function overrideReport({ health }: Server, pattern: string, state: string | undefined) {
  const covered = health.snapshot().pops.filter((pop) => matchesPattern(pattern, pop.pop));
  const forced = state === undefined ? covered.filter((pop) => pop.forced) : [];
  return {
    pops: covered.map(({ pop }) => pop),
    ...(forced.length > 0 && { stillForced: forced.map(({ pop, reason }) => ({ pop, reason })) }),
  };
}
