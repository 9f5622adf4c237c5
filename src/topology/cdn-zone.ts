// The zone of the lab's CDN: what deployment serves and measurement asks for.

export const CDN_ZONE = 'cdn.test';
