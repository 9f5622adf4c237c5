// In which coding a stored response goes out: as it is stored, or compressed, if the route compresses and that form is
// there. It is made in the background when first wanted; until then the identity serves.

import { chooseEncoding } from './compress/choose-encoding.ts';
import { encodedFields, withVaryAcceptEncoding } from './compress/encoded-fields.ts';
import type { Answer } from './edge-request.ts';
import type { PipelineOptions } from './pipeline-options.ts';
import type { RequestContext } from './request-context.ts';
import { plainResponse } from './store/packed-response.ts';
import type { StoredResponse } from './stored-response.ts';

export function servedForm(
  { variants }: Pick<PipelineOptions, 'variants'>,
  { route, request, target, trace }: RequestContext,
  stored: StoredResponse,
): StoredResponse {
  if (!route.compress || route.slice !== undefined) return stored;
  const choice = chooseEncoding(request.fields, stored, route.compress);
  const coded =
    choice.encoding === 'identity' ? undefined : variants.find(target.key, stored, choice.encoding);
  trace?.encoding(choice, choice.encoding !== 'identity' && !coded);
  if (coded) return coded;
  return choice.varies ? varying(stored) : stored;
}

/** One object for each, so that a listener can keep its head. */
const varyingForms = new WeakMap<StoredResponse, StoredResponse>();

function varying(stored: StoredResponse): StoredResponse {
  let form = varyingForms.get(stored);
  if (!form) {
    form = { ...plainResponse(stored), fields: withVaryAcceptEncoding(stored.fields) };
    varyingForms.set(stored, form);
  }
  return form;
}

/**
 * An answer that is still arriving, compressed while it streams where the route and the client want that. Those who joined
 * (`waited`) get the identity: a herd would make as many coders.
 */
export function streamedForm(
  { compressStream }: Pick<PipelineOptions, 'compressStream'>,
  { route, request, trace }: RequestContext,
  answer: Answer,
  waited: boolean,
): Answer {
  if (!route.compress || route.slice !== undefined) return answer;
  if (answer.body.kind !== 'stream' || answer.slice) return answer;
  const choice = chooseEncoding(request.fields, answer, route.compress);
  const { encoding } = choice;
  trace?.encoding(choice, encoding !== 'identity' && waited);
  if (encoding !== 'identity' && !waited) {
    const fields = encodedFields(answer.fields, encoding, undefined);
    const reader = compressStream(answer.body.reader, encoding);
    return Object.assign(answer, { fields, body: { kind: 'stream', reader } });
  }
  return choice.varies ? Object.assign(answer, { fields: withVaryAcceptEncoding(answer.fields) }) : answer;
}
