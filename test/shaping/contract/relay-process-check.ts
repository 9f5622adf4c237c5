// What a parent can count on from the relay process, tried inside a network namespace of its own; prints one JSON
// line that test/lab/shaping-relay.test.ts judges.

import { readFileSync } from 'node:fs';
import type { PlannedLink } from '../../../src/runtimes/lab-plan.ts';
import { relayLinkCommands } from '../../../src/shaping/link-commands.ts';
import { startRelay } from '../../../src/shaping/relay/io/relay-process.ts';
import { relayLink } from '../../../src/shaping/relay/protocol.ts';
import { run } from './shapers.ts';

/** As many links as the lab of 220 routers has. */
const LINKS = 400;
const links = Array.from({ length: LINKS }, (_, i): PlannedLink => {
  const ends = { a: { node: 'a', interface: `a${i}` }, b: { node: 'b', interface: `b${i}` } };
  return { name: `link-${i}`, ...ends, aToB: { delayMs: 5 }, bToA: { delayMs: 5 } };
});
run(['a', 'b', '_relay'].map((node) => ({ program: 'ip', argv: ['netns', 'add', node] })));
run(links.flatMap((link, index) => relayLinkCommands(index, link, (node) => node, '_relay')));

const troubles: string[] = [];
const options = { namespace: '/run/netns/_relay', onTrouble: (message: string) => troubles.push(message) };
const relay = startRelay(options);
await relay.configure(links.map((link, index) => relayLink(index, link)));
await relay.configure(links.map((link, index) => relayLink(index, link))); // again: the same links
const stats = await relay.stats();
await relay.remove(['link-0']);
const afterRemoval = await relay.stats();
const noLink = await refusal(relay.set({ link: 'link-399x', blackhole: true }));
const noInterface = await refusal(
  relay.configure([
    {
      name: 'x',
      a: { interface: 'nope' },
      b: { interface: '1b' },
      aToB: { delayMs: 1 },
      bToA: { delayMs: 1 },
    },
  ]),
);
const idleBefore = cpuTicks();
await new Promise((resolve) => setTimeout(resolve, 1000));
const idleTicks = cpuTicks() - idleBefore;

process.kill(relay.pid as number, 'SIGKILL');
const asked = await relay.ended;
const dead = await refusal(relay.stats());
const second = startRelay(options);
await second.configure([relayLink(1, links[1] as PlannedLink)]);
await second.stop();

console.log(
  JSON.stringify({
    links: Object.keys(stats.links).length,
    linksAfterRemoval: Object.keys(afterRemoval.links).length,
    noLink,
    noInterface,
    idleTicks,
    asked,
    dead,
    endedWhenAsked: await second.ended,
    troubles,
  }),
);

async function refusal(attempt: Promise<unknown>): Promise<string> {
  return attempt.then(
    () => 'accepted',
    (error) => (error as Error).message,
  );
}

/** User and system time, in ticks of 10 ms. */
function cpuTicks(): number {
  const fields = readFileSync(`/proc/${relay.pid}/stat`, 'utf8').split(' ');
  return Number(fields[13]) + Number(fields[14]);
}
