/**
 * One line for the person who started us. On stderr, so that the output of a command stays clean.
 *
 * @param {string} line
 */
export function say(line) {
  process.stderr.write(`sightline: ${line}\n`);
}

/** A failure that has been put into words for the user: printed as one line (or a few), without a stack. */
export class Refusal extends Error {}
