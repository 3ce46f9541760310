/** What a command may do besides returning: end with a code other than 0 after it has said why. */
export interface CommandContext {
  exit(code: number): void;
}
