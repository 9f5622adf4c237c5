// `./lab dns ctl ACTION`: what an operator asks of a running server, as questions to its admin server.

import { type Problem, UserError } from '../../base/errors.ts';
import { nearestNames } from '../../base/suggest.ts';
import type { Explanation } from '../../dns/explain.ts';
import { type AdminEndpoint, type AdminQuestion, askAdmin } from '../ask-admin.ts';
import type { Output } from '../output.ts';
import { statusText } from './status-text.ts';

export interface CtlOptions {
  reason?: string;
  type?: string;
  client?: string;
  down?: string;
}

interface Action {
  /** What has to follow, for usage. */
  words: string;
  count: [least: number, most: number];
  question: (words: string[], options: CtlOptions) => AdminQuestion;
  /** Plain text of the answer; absent: it is printed as it came. */
  text?: (answer: string, words: string[], output: Output) => string | Promise<string>;
}

const FORCED = ['up', 'down', 'drain', 'auto'];

const ACTIONS: Record<string, Action> = {
  status: {
    words: '',
    count: [0, 0],
    question: () => ({ target: '/state' }),
    text: (answer, _, { style }) => statusText(JSON.parse(answer), style),
  },
  health: { words: '', count: [0, 0], question: () => ({ target: '/healthz' }) },
  metrics: { words: '', count: [0, 0], question: () => ({ target: '/metrics' }) },
  reload: {
    words: '',
    count: [0, 0],
    question: () => ({ method: 'POST', target: '/reload' }),
    text: () => 'reloaded',
  },
  force: {
    words: 'POP up|down|drain|auto',
    count: [2, 2],
    question: ([pop = '', state = ''], { reason }) => {
      if (!FORCED.includes(state)) {
        throw new UserError({ message: `${state} is not a state`, expected: FORCED.join(', ') }, 2);
      }
      return override(pop, state, reason);
    },
    text: overrideText,
  },
  drain: {
    words: 'POP',
    count: [1, 1],
    question: ([pop = ''], { reason }) => override(pop, 'drain', reason),
    text: overrideText,
  },
  auto: {
    words: 'POP',
    count: [1, 1],
    question: ([pop = '']) => ({ method: 'DELETE', target: `/override/${encodeURIComponent(pop)}` }),
    text: overrideText,
  },
  explain: {
    words: 'NAME --client ADDRESS',
    count: [1, 1],
    question: ([name = ''], { client, type = 'A', down }) => {
      if (client === undefined) throw new UserError({ message: 'explain needs --client ADDRESS' }, 2);
      return { target: `/explain?${new URLSearchParams({ name, type, client, ...(down && { down }) })}` };
    },
    text: async (answer, _, __) => {
      const { explanationText } = await import('../explanation-text.ts');
      const explanation = JSON.parse(answer) as Explanation;
      return explanationText('the running server', explanation.client.network, explanation);
    },
  },
};

export const CTL_ACTIONS = Object.keys(ACTIONS);

/** Prints what the server says. @throws UserError for wrong words (exit code 2), or with what the server objects to. */
export async function runCtl(
  endpoint: () => Promise<AdminEndpoint>,
  [name = '', ...words]: string[],
  options: CtlOptions,
  output: Output,
): Promise<void> {
  const action = actionNamed(name, words);
  const question = action.question(words, options);
  const answer = await askAdmin('dns', await endpoint(), question);
  if (output.json) output.data(name === 'metrics' ? { text: answer } : JSON.parse(answer));
  else output.print((action.text ? await action.text(answer, words, output) : answer).trimEnd());
}

function actionNamed(name: string, words: readonly string[]): Action {
  const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
  if (!action) {
    const near = nearestNames(name, CTL_ACTIONS);
    throw new UserError(
      {
        message: `there is no action "${name}"`,
        expected: (near.length > 0 ? near : CTL_ACTIONS).join(', '),
      },
      2,
    );
  }
  const [least, most] = action.count;
  if (words.length < least || words.length > most) {
    throw new UserError(wordsProblem(name, action), 2);
  }
  return action;
}

function wordsProblem(name: string, { words }: Action): Problem {
  const usage = `./lab dns ctl ${name} ${words}`.trim();
  return { message: `${name} takes ${words === '' ? 'no more words' : words}`, hint: usage };
}

function override(pop: string, state: string, reason: string | undefined): AdminQuestion {
  return {
    method: 'PUT',
    target: `/override/${encodeURIComponent(pop)}`,
    body: { state, ...(reason && { reason }) },
  };
}

function overrideText(answer: string): string {
  const { pattern, state, pops, stillForced } = JSON.parse(answer) as {
    pattern: string;
    state: string | null;
    pops: string[];
    stillForced?: { pop: string; reason: string }[];
  };
  const covered = pops.length === 1 && pops[0] === pattern ? '' : ` (${pops.join(', ') || 'no POP yet'})`;
  const done =
    state === null
      ? 'follows the checks again'
      : state === 'auto'
        ? 'follows the checks'
        : `is forced: ${state}`;
  const still = (stillForced ?? []).map(
    ({ pop, reason }) => `\n${pop} is still ${reason}: ./lab dns ctl force ${pop} auto`,
  );
  return `${pattern}${covered} ${done}${still.join('')}`;
}
