export function relayLinkCommands(_i: number, _l: unknown): string[] { return []; }
