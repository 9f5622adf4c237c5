// The compose services of the profile `observability`: the metrics gateway, a Prometheus that asks it, a Grafana that
// asks Prometheus. They share one Docker network of their own that no node of the lab is on, so the lab stays closed: the
// gateway reaches services by their UNIX sockets, mounted read-only. Nothing is kept: data lies in memory and goes with
// the containers, since a volume would outlive the lab. Pure.

import { join } from 'node:path';
import type { PlannedNode } from '../lab-plan.ts';
import { metricsTargets } from '../metrics-targets.ts';
import { LAB_PATH, NODE_PATH, programInImage } from './container-paths.ts';
import { SERVICE_LABEL } from './labels.ts';

export const OBSERVABILITY_PROFILE = 'observability';
export const MANAGEMENT_NETWORK = 'management';
export const PROMETHEUS_PORT_VARIABLE = 'CATCHMENT_PROMETHEUS_PORT';
export const GRAFANA_PORT_VARIABLE = 'CATCHMENT_GRAFANA_PORT';
/** Among the lab's rendered files. */
export const GATEWAY_CONFIG_FILE = 'metrics.json';

/** The long-term support release, and a Grafana that knows the dashboards' schema (42, the last of the classic ones). */
export const PROMETHEUS_IMAGE = 'prom/prometheus:v3.5.0';
export const GRAFANA_IMAGE = 'grafana/grafana:12.3.1';

/** As compose/prometheus/prometheus.yml and the data source say. */
const GATEWAY_PORT = 9464;
const RUN_FOLDERS = '/run/labs';

export interface ComposeMount {
  type: 'bind';
  source: string;
  target: string;
  read_only: true;
}

/** What of a compose service is used here; Compose 1.29 and 2 read it alike. */
export type ObservabilityService = {
  image: string;
  profiles: string[];
  labels: Record<string, string>;
  networks: string[];
  /** `uid:gid` or `uid`. */
  user: string;
  command?: string[];
  environment?: Record<string, string>;
  ports?: string[];
  volumes: ComposeMount[];
  /** `path:options` each. */
  tmpfs?: string[];
  depends_on?: string[];
  healthcheck: { test: string[]; interval: string; timeout: string; retries: number; start_period: string };
  init: boolean;
  read_only: boolean;
  cap_drop: string[];
  security_opt: string[];
  mem_limit: string;
  pids_limit: number;
  restart: 'unless-stopped';
  logging: { driver: string; options: Record<string, string> };
};

export interface ObservabilityInputs {
  /** Tag of the image with the project's programs. */
  images: { service: string };
  /** `uid:gid` of the lab's services: only they may connect to their sockets. */
  user: string;
  /** Absolute paths on the host. */
  paths: {
    /** The lab's rendered files, with GATEWAY_CONFIG_FILE in them. */
    files: string;
    /** Holds every node's volatile folder, by its name. */
    run: string;
    /** The project's folder `compose`. */
    compose: string;
  };
  /** Of every container of the lab. */
  labels: Record<string, string>;
}

/** Content of GATEWAY_CONFIG_FILE. */
export function gatewayConfig(labName: string, nodes: readonly PlannedNode[]): string {
  const found = metricsTargets(nodes, (node) => `${RUN_FOLDERS}/${node}`);
  const listen = { address: '0.0.0.0', port: GATEWAY_PORT };
  return `${JSON.stringify({ lab: labName, listen, ...found }, null, 2)}\n`;
}

/** By service name: `metrics`, `prometheus`, `grafana`. They expect the network of managementNetwork. */
export function observabilityServices(inputs: ObservabilityInputs): Record<string, ObservabilityService> {
  return { metrics: gateway(inputs), prometheus: prometheus(inputs), grafana: grafana(inputs) };
}

/**
 * The network MANAGEMENT_NETWORK. Not internal, since published ports need a bridge with an address on the host; without
 * masquerading, so that nothing on it reaches beyond this machine.
 */
export function managementNetwork(labels: Record<string, string>) {
  const options = { 'com.docker.network.bridge.enable_ip_masquerade': 'false' };
  return { driver: 'bridge', driver_opts: options, labels };
}

function gateway({ images, user, paths, labels }: ObservabilityInputs): ObservabilityService {
  const healthy = `fetch('http://127.0.0.1:${GATEWAY_PORT}/healthz').then(r=>process.exit(r.ok?0:1),()=>process.exit(1))`;
  return {
    ...common('metrics', labels),
    image: images.service,
    user,
    command: [NODE_PATH, programInImage('metrics'), '--config', `${LAB_PATH}/${GATEWAY_CONFIG_FILE}`],
    volumes: [mount(paths.files, LAB_PATH), mount(paths.run, RUN_FOLDERS)],
    healthcheck: healthCheck(NODE_PATH, '-e', healthy),
    mem_limit: '128m',
  };
}

function prometheus({ paths, labels }: ObservabilityInputs): ObservabilityService {
  return {
    ...common('prometheus', labels),
    image: PROMETHEUS_IMAGE,
    user: '65534:65534',
    command: [
      '--config.file=/etc/prometheus/prometheus.yml',
      '--storage.tsdb.path=/prometheus',
      '--storage.tsdb.retention.time=6h',
      '--storage.tsdb.retention.size=384MB',
    ],
    ports: [`127.0.0.1:\${${PROMETHEUS_PORT_VARIABLE}:-9090}:9090`],
    volumes: [mount(join(paths.compose, 'prometheus'), '/etc/prometheus')],
    // Over the image's own volume, which Docker would make anew, without a label, for every container.
    tmpfs: ['/prometheus:uid=65534,gid=65534,mode=0700,size=512m'],
    depends_on: ['metrics'],
    healthcheck: healthCheck('wget', '-q', '-O', '/dev/null', 'http://127.0.0.1:9090/-/healthy'),
    mem_limit: '1g',
  };
}

function grafana({ paths, labels }: ObservabilityInputs): ObservabilityService {
  const folder = join(paths.compose, 'grafana');
  return {
    ...common('grafana', labels),
    image: GRAFANA_IMAGE,
    // The image's own; not `472:0`, which YAML 1.1 (Compose 1.29) reads as a number to base 60.
    user: '472',
    environment: GRAFANA_ENVIRONMENT,
    ports: [`127.0.0.1:\${${GRAFANA_PORT_VARIABLE}:-3000}:3000`],
    volumes: [
      mount(join(folder, 'provisioning'), '/etc/grafana/provisioning'),
      mount(join(folder, 'dashboards'), DASHBOARD_FOLDER),
    ],
    tmpfs: ['/var/lib/grafana:uid=472,gid=0,mode=0700,size=128m', '/tmp:mode=1777,size=32m'],
    depends_on: ['prometheus'],
    healthcheck: healthCheck('wget', '-q', '-O', '/dev/null', 'http://127.0.0.1:3000/api/health'),
    mem_limit: '512m',
  };
}

/** As the dashboard provider says (compose/grafana/provisioning/dashboards). */
const DASHBOARD_FOLDER = '/etc/grafana/dashboards';

/** Whoever reaches the loopback port may look, and nobody may change or log in; nothing is asked of grafana.com. */
const GRAFANA_ENVIRONMENT: Record<string, string> = {
  GF_AUTH_ANONYMOUS_ENABLED: 'true',
  GF_AUTH_ANONYMOUS_ORG_ROLE: 'Viewer',
  GF_AUTH_BASIC_ENABLED: 'false',
  GF_AUTH_DISABLE_LOGIN_FORM: 'true',
  GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION: 'true',
  GF_SECURITY_DISABLE_GRAVATAR: 'true',
  GF_USERS_ALLOW_SIGN_UP: 'false',
  GF_ANALYTICS_REPORTING_ENABLED: 'false',
  GF_ANALYTICS_CHECK_FOR_UPDATES: 'false',
  GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES: 'false',
  GF_ANALYTICS_FEEDBACK_LINKS_ENABLED: 'false',
  GF_NEWS_NEWS_FEED_ENABLED: 'false',
  GF_SNAPSHOTS_EXTERNAL_ENABLED: 'false',
  GF_PLUGINS_PLUGIN_ADMIN_ENABLED: 'false',
  GF_PLUGINS_PREINSTALL_DISABLED: 'true',
  GF_PLUGINS_PUBLIC_KEY_RETRIEVAL_DISABLED: 'true',
  GF_LOG_MODE: 'console',
  GF_LOG_LEVEL: 'warn',
  GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH: `${DASHBOARD_FOLDER}/cdn.json`,
};

function common(name: string, labels: Record<string, string>) {
  return {
    profiles: [OBSERVABILITY_PROFILE],
    labels: { ...labels, [SERVICE_LABEL]: name },
    networks: [MANAGEMENT_NETWORK],
    init: true,
    read_only: true,
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
    pids_limit: 256,
    restart: 'unless-stopped' as const,
    logging: { driver: 'json-file', options: { 'max-size': '5m', 'max-file': '2' } },
  };
}

function mount(source: string, target: string): ComposeMount {
  return { type: 'bind', source, target, read_only: true };
}

function healthCheck(...command: string[]): ObservabilityService['healthcheck'] {
  return { test: ['CMD', ...command], interval: '10s', timeout: '5s', retries: 3, start_period: '20s' };
}
