// Shaping by the kernel: a netem qdisc (tc-netem(8)) on the sender's end of each direction, changed in place so that
// held frames stay held. The same meanings as the relay's, which the contract suite in test/shaping checks.

import type { Impairment, PlannedLink } from '../runtimes/lab-plan.ts';
import type { NamespacedCommand } from './commands.ts';
import { frameLimit } from './impairment.ts';

/**
 * netem sorts frames by their own delivery time, so jitter would reorder them; with a rate it serializes them in
 * order. So there always is one; this one is too fast to matter (a full frame takes 0.1 us). It also has to be said
 * on every change: netem keeps an earlier rate when none is given.
 */
const ORDER_KEEPING_RATE_MBIT = 100_000;

/** Adds the netem qdisc of both directions, for new links. */
export function netemCommands(link: PlannedLink): NamespacedCommand[] {
  return [netem('replace', link.a, link.aToB), netem('replace', link.b, link.bToA)];
}

/** New impairments for a running link; `tc qdisc change` keeps what is held. */
export function netemChangeCommands(link: PlannedLink): NamespacedCommand[] {
  return [netem('change', link.a, link.aToB), netem('change', link.b, link.bToA)];
}

/** The words after `netem`. */
export function netemArguments(impairment: Impairment): string[] {
  const { delayMs, jitterMs, lossPercent, duplicatePercent, reorderPercent, rateMbit } = impairment;
  const words = ['limit', String(frameLimit(impairment)), 'delay', microseconds(delayMs)];
  if (jitterMs) words.push(microseconds(jitterMs), 'distribution', 'normal');
  if (lossPercent) words.push('loss', percent(lossPercent));
  if (duplicatePercent) words.push('duplicate', percent(duplicatePercent));
  // netem refuses to reorder without a delay: with nothing held there is nothing to overtake.
  if (reorderPercent && delayMs > 0) words.push('reorder', percent(reorderPercent));
  words.push('rate', `${Math.round((rateMbit ?? ORDER_KEEPING_RATE_MBIT) * 1000)}kbit`);
  return words;
}

function netem(verb: 'replace' | 'change', end: PlannedLink['a'], impairment: Impairment): NamespacedCommand {
  const argv = ['qdisc', verb, 'dev', end.interface, 'root', 'netem', ...netemArguments(impairment)];
  return { node: end.node, program: 'tc', argv };
}

/** tc reads decimals; netem itself counts nanoseconds. */
function microseconds(ms: number): string {
  return `${Number((ms * 1000).toFixed(3))}us`;
}

function percent(value: number): string {
  return `${Number(value.toFixed(5))}%`;
}
