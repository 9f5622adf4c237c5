// Those words of the Compose Specification (compose-spec.json of github.com/compose-spec/compose-spec, which version 2
// validates with) that a lab's file uses, with their shapes, written down from its text: a word that is not here, or of
// another shape, fails. There is no version 2 on every machine to ask.

import { z } from 'zod';

/** `pattern` of service, network and volume names. */
const name = z.string().regex(/^[a-zA-Z0-9._-]+$/);
const duration = z.string().regex(/^(\d+(h|m|s|ms|us))+$/);
const bytes = z.string().regex(/^\d+(b|k|m|g|kb|mb|gb)$/i);
const texts = z.array(z.string());
const uniqueTexts = texts.refine((list) => new Set(list).size === list.length, 'uniqueItems');
const labels = z.record(z.string(), z.string());

const mount = z.strictObject({
  type: z.enum(['bind', 'volume', 'tmpfs', 'cluster', 'image', 'npipe']),
  source: z.string(),
  target: z.string(),
  read_only: z.boolean().optional(),
});

const service = z
  .strictObject({
    image: z.string(),
    cap_add: uniqueTexts,
    cap_drop: uniqueTexts,
    command: texts,
    cpu_shares: z.number(),
    depends_on: uniqueTexts,
    dns: texts,
    entrypoint: texts,
    environment: z.record(z.string(), z.string()),
    healthcheck: z
      .strictObject({
        disable: z.boolean(),
        test: texts,
        interval: duration,
        timeout: duration,
        retries: z.number(),
        start_period: duration,
      })
      .partial(),
    hostname: z.string(),
    init: z.boolean(),
    labels,
    logging: z.strictObject({ driver: z.string(), options: z.record(z.string(), z.string()) }),
    mem_limit: bytes,
    network_mode: z.string(),
    networks: z.union([
      z.array(name),
      z.record(name, z.strictObject({ ipv4_address: z.ipv4(), aliases: texts.optional() })),
    ]),
    pids_limit: z.number().int(),
    ports: uniqueTexts,
    profiles: uniqueTexts,
    read_only: z.boolean(),
    restart: z.enum(['no', 'always', 'on-failure', 'unless-stopped']),
    security_opt: uniqueTexts,
    stop_grace_period: duration,
    sysctls: z.record(z.string(), z.string()),
    tmpfs: texts,
    user: z.string(),
    volumes: z.array(z.union([z.string(), mount])),
  })
  .partial()
  .refine(({ network_mode, networks }) => !(network_mode && networks), 'network_mode or networks');

const network = z
  .strictObject({
    driver: z.string(),
    driver_opts: z.record(z.string(), z.string()),
    internal: z.boolean(),
    ipam: z.strictObject({ config: z.array(z.strictObject({ subnet: z.cidrv4() })) }),
    labels,
  })
  .partial();

/** Of the whole file, with what the schema cannot say: every name that is referred to is there. */
export const composeSpecification = z
  .strictObject({ services: z.record(name, service), networks: z.record(name, network) })
  .superRefine(({ services, networks }, context) => {
    for (const [from, { depends_on = [], network_mode = '', networks: on = [] }] of Object.entries(
      services,
    )) {
      const owner = /^service:(.*)$/.exec(network_mode)?.[1];
      for (const other of [...depends_on, ...(owner ? [owner] : [])]) {
        if (!services[other]) context.addIssue(`${from} refers to ${other}, which is no service`);
      }
      for (const other of Array.isArray(on) ? on : Object.keys(on)) {
        if (!networks[other]) context.addIssue(`${from} is on ${other}, which is no network`);
      }
    }
  });
