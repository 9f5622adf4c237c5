// Schemas for what services read: zod/mini, of which only the parts in use are bundled (3 MB less in each of the lab's
// twenty processes than zod with its methods), with the English messages that it comes without.

import { config } from 'zod/mini';
import english from 'zod/v4/locales/en.js';

config(english());

export * as z from 'zod/mini';
