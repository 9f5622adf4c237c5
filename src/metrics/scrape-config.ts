// The project's prometheus.yml for a gateway elsewhere than in the compose file. Pure.

/** As compose/prometheus/prometheus.yml names it: the gateway's service in the compose file. */
const COMPOSE_GATEWAY = 'http://metrics:9464';

/**
 * @param template text of compose/prometheus/prometheus.yml
 * @param gateway `http://127.0.0.1:9464`
 */
export function prometheusConfig(template: string, gateway: string): string {
  return template.replaceAll(COMPOSE_GATEWAY, gateway);
}

/** Its scrape_configs alone, without comments: what to add to a prometheus.yml that is there already. */
export function scrapeConfig(template: string, gateway: string): string {
  const text = prometheusConfig(template, gateway);
  return text.slice(text.search(/^scrape_configs:/m)).replaceAll(/^ *#.*\n/gm, '');
}
