export function netemCommands(_d: string, _i: unknown): string[] { return []; }
export function blackholeCommands(_d: string, _b: boolean): string[] { return []; }
