// Width and colour of standard output, for texts that are laid out elsewhere (no-color.org).

export interface TerminalStyle {
  /** Undefined in a pipe: as wide as it takes. */
  width?: number;
  colour: boolean;
}

export function terminalStyle(): TerminalStyle {
  const { stdout, env } = process;
  const forced = env['FORCE_COLOR'] !== undefined && env['FORCE_COLOR'] !== '0';
  return {
    ...(stdout.isTTY && { width: stdout.columns }),
    colour: !env['NO_COLOR'] && (forced || (stdout.isTTY === true && stdout.hasColors())),
  };
}
