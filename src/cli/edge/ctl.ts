// `./lab edge ctl ACTION`: what an operator asks of a running edge, as questions to its admin server.

import { UserError } from '../../base/errors.ts';
import { nearestNames } from '../../base/suggest.ts';
import type { PurgeReport } from '../../edge/io/purge-service.ts';
import { type AdminEndpoint, type AdminQuestion, askAdmin } from '../ask-admin.ts';
import type { Cli } from '../context.ts';
import type { Output } from '../output.ts';
import { drainText, pinText, purgeText, statusText, traceAnswerText, warmText } from './ctl-text.ts';
import { type PurgeOptions, purgeQuestion } from './purge-question.ts';
import type { PushOptions } from './push-options.ts';
import { type WarmOptions, warmQuestion } from './warm-question.ts';

export type CtlOptions = PurgeOptions & WarmOptions & PushOptions;

type Endpoint = () => Promise<AdminEndpoint>;

interface Words {
  /** What has to follow, for usage. */
  words: string;
  count: [least: number, most: number];
}

/** One question. */
interface Asking extends Words {
  question: (words: string[], options: CtlOptions) => AdminQuestion;
  /** Plain text of the answer; absent: it is printed as it came. */
  text?: (answer: string, output: Output) => string;
  /** Whether the answer says that not all of it was done: exit code 1. */
  failed?: (answer: string) => boolean;
}

/** More than one question; false when something failed, which has been said. */
interface Doing extends Words {
  run: (endpoint: Endpoint, words: string[], options: CtlOptions, cli: Cli) => Promise<boolean>;
}

type Action = Asking | Doing;

const NONE: [number, number] = [0, 0];
const ONE: [number, number] = [1, 1];

const ACTIONS: Record<string, Action> = {
  status: { words: '', count: NONE, question: () => ({ target: '/state' }), text: statusText },
  stats: { words: '', count: NONE, question: () => ({ target: '/state' }), text: statusText },
  metrics: { words: '', count: NONE, question: () => ({ target: '/metrics' }) },
  purge: {
    words: '[URL] [--tag TAG] [--prefix PREFIX] [--host HOST] [--key KEY] [--all] [--soft]',
    count: [0, 1],
    question: ([url], options) => purgeQuestion(url, options),
    text: purgeText,
    failed: (answer) => !(JSON.parse(answer) as PurgeReport).confirmed,
  },
  warm: {
    words: 'URL... or --file FILE',
    count: [0, 1000],
    question: (urls, options) => warmQuestion(urls, options),
    text: warmText,
  },
  push: {
    words: 'DIRECTORY [--prefix PREFIX] [--max-age SECONDS] [--tag TAG] [--dry-run]',
    count: ONE,
    run: async (endpoint, [directory = ''], options, cli) => {
      const { runPush } = await import('./push.ts');
      return runPush(endpoint, directory, options, cli);
    },
  },
  pin: {
    words: 'URL',
    count: ONE,
    question: ([url = '']) => ({ method: 'POST', target: '/pin', body: { url } }),
    text: pinText,
  },
  unpin: {
    words: 'URL',
    count: ONE,
    question: ([url = '']) => ({ method: 'DELETE', target: `/pin?${new URLSearchParams({ url })}` }),
    text: pinText,
  },
  pins: { words: '', count: NONE, question: () => ({ target: '/pins' }) },
  drain: {
    words: '',
    count: NONE,
    question: () => ({ method: 'POST', target: '/drain' }),
    text: drainText,
  },
  undrain: {
    words: '',
    count: NONE,
    question: () => ({ method: 'DELETE', target: '/drain' }),
    text: drainText,
  },
  reload: {
    words: '',
    count: NONE,
    question: () => ({ method: 'POST', target: '/reload' }),
    text: () => 'reloaded',
  },
  trace: {
    words: 'ID',
    count: ONE,
    question: ([id = '']) => ({ target: `/traces/${encodeURIComponent(id)}` }),
    text: traceAnswerText,
  },
};

export const CTL_ACTIONS = Object.keys(ACTIONS);

/**
 * Prints what the edge says; false when a part of it failed. @throws UserError for wrong words (exit code 2), or with what
 * the edge objects to.
 */
export async function runCtl(
  endpoint: Endpoint,
  [name = '', ...words]: string[],
  options: CtlOptions,
  cli: Cli,
): Promise<boolean> {
  const action = actionNamed(name, words);
  if ('run' in action) return action.run(endpoint, words, options, cli);
  const { output } = cli;
  const question = action.question(words, options);
  const answer = await askAdmin('edge', await endpoint(), question);
  if (output.json) output.data(name === 'metrics' ? { text: answer } : JSON.parse(answer));
  else output.print((action.text ? action.text(answer, output) : answer).trimEnd());
  return !action.failed?.(answer);
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
  if (words.length >= least && words.length <= most) return action;
  throw new UserError(
    {
      message: `${name} takes ${action.words === '' ? 'no more words' : action.words}`,
      hint: `./lab edge ctl ${name} ${action.words}`.trim(),
    },
    2,
  );
}
