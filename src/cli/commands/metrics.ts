// `./lab metrics`: the metrics gateway over the running lab, in the foreground, for a Prometheus of the user's own. On
// docker the compose profile `observability` runs the same gateway beside a Prometheus and a Grafana.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { PROJECT_FOLDER } from '../../base/project-folder.ts';
import { type Endpoint, formatEndpoint } from '../../net/endpoint.ts';
import { labFolder } from '../../runtimes/lab-folder.ts';
import type { LabPlan } from '../../runtimes/lab-plan.ts';
import { metricsTargets } from '../../runtimes/metrics-targets.ts';
import type { RunningLab } from '../../runtimes/runtime.ts';
import { cliOf, openLab } from '../context.ts';
import { parseEndpoint } from '../listen-option.ts';

/** Where exporters commonly are that have no port of their own (OpenTelemetry's default). */
const DEFAULT_LISTEN = '127.0.0.1:9464';
const TEMPLATE = 'compose/prometheus/prometheus.yml';
/** How soon the gateway notices that its lab is gone. */
const LAB_POLL_MS = 2000;

export function define(command: Command): void {
  command
    .option('--listen <address:port>', 'where Prometheus is to ask; port 0 takes any', parseEndpoint)
    .option('--prometheus-config', 'print a prometheus.yml for a gateway at that address, and end')
    .option('--json', 'as JSON: {lab, url, targets}')
    .addHelpText(
      'after',
      `\nListens on ${DEFAULT_LISTEN} unless told otherwise, until Ctrl-C or the end of the lab.\n\nExamples:\n  ./lab metrics\n  ./lab metrics --prometheus-config > prometheus.yml && prometheus --config.file=prometheus.yml\n  curl 127.0.0.1:9464/metrics/pop-fra/edge`,
    )
    .action(async (options: { listen?: Endpoint; prometheusConfig?: boolean }, self: Command) => {
      const cli = cliOf(self);
      const listen = options.listen ?? parseEndpoint(DEFAULT_LISTEN);
      const { prometheusConfig, scrapeConfig } = await import('../../metrics/scrape-config.ts');
      const template = readFileSync(join(PROJECT_FOLDER, TEMPLATE), 'utf8');
      if (options.prometheusConfig) {
        cli.output.print(prometheusConfig(template, `http://${formatEndpoint(listen)}`).trimEnd());
        return;
      }
      const { lab } = await openLab(cli);
      const plan = JSON.parse(readFileSync(labFolder(lab.name).plan, 'utf8')) as LabPlan;
      const { parseMetricsConfig } = await import('../../metrics/config.ts');
      const { startGateway } = await import('../../metrics/io/gateway.ts');
      const found = metricsTargets(plan.nodes, (node) => lab.runFolder(node));
      const config = { lab: lab.name, listen, ...found };
      const gateway = await startGateway(parseMetricsConfig(JSON.stringify(config), 'the plan of the lab'));
      try {
        const { url } = gateway;
        if (cli.output.json) cli.output.data({ lab: lab.name, url, targets: found.targets.length });
        cli.output.print(`metrics of lab ${lab.name}, ${found.targets.length} services: ${url}/`);
        cli.output.print(`  targets for Prometheus: ${url}/targets`);
        cli.output.print(`  one service: ${url}/metrics/NODE/SERVICE`);
        cli.output.print(`\nfor your prometheus.yml:\n\n${scrapeConfig(template, url)}`);
        const loopback = listen.address === '::1' || listen.address.startsWith('127.');
        if (!loopback) cli.output.note(`note: other machines that reach ${listen.address} can read them too`);
        await untilGone(lab, cli.signal);
        if (!cli.signal.aborted) cli.output.note(`lab ${lab.name} has ended`);
      } finally {
        await gateway.close();
      }
    });
}

async function untilGone(lab: RunningLab, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(LAB_POLL_MS, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    const state = await lab.status().then(
      (status) => status.state,
      () => 'dead',
    );
    if (state === 'dead') return;
  }
}
