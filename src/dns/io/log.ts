// One JSON object a line on standard error: what a supervisor collects and a person can still read.

export interface Log {
  info(message: string, fields?: object): void;
  warn(message: string, fields?: object): void;
}

export function createLog(service: string, write = (line: string) => void process.stderr.write(line)): Log {
  const line = (level: string, message: string, fields?: object) => {
    write(`${JSON.stringify({ at: new Date().toISOString(), level, service, message, ...fields })}\n`);
  };
  return {
    info: (message, fields) => line('info', message, fields),
    warn: (message, fields) => line('warn', message, fields),
  };
}
