// A small classifier of User-Agent, for keys: four classes instead of a hundred thousand strings. The origin is told the
// class in X-Device-Class and does not see the User-Agent, so what it answers fits everybody of the class.
// An iPad that asks for desktop sites calls itself a Macintosh, and is taken for one.

import { memoised } from './memo.ts';

export type DeviceClass = 'mobile' | 'tablet' | 'desktop' | 'bot';

/** Checked first: crawlers carry the words of the browsers they imitate. */
const BOT =
  /bot\b|bot[/;) ]|crawl|spider|slurp|facebookexternalhit|preview|curl\/|wget\/|python-|go-http|headless|lighthouse/i;
/** An Android that does not say Mobile is a tablet. */
const TABLET = /ipad|tablet|kindle|silk\/|playbook|android(?!.*mobile)/i;
const MOBILE = /mobi|iphone|ipod|windows phone|opera mini|blackberry|\bbb10\b/i;

/** A User-Agent is cut here: longer ones are not browsers, and the patterns look at every character. */
const LONGEST = 512;

export function deviceClass(userAgent: string | undefined): DeviceClass {
  return userAgent === undefined || userAgent === '' ? 'bot' : classify(userAgent);
}

const classify = memoised((userAgent): DeviceClass => {
  const text = userAgent.slice(0, LONGEST);
  if (BOT.test(text)) return 'bot';
  if (TABLET.test(text)) return 'tablet';
  return MOBILE.test(text) ? 'mobile' : 'desktop';
});
