#!/usr/bin/env node
// The only file that an old Node has to understand: it says which Node is needed, or hands over to run.mjs.
// Nothing here may be newer than what Node 12 parses.
const OLDEST_MAJOR = 18;
const version = process.versions.node;

if (Number(version.split('.')[0]) < OLDEST_MAJOR) {
  const advice = 'install a current one (https://nodejs.org); the engine brings its own';
  console.error(`sightline: Node ${OLDEST_MAJOR} or newer is needed to start, this is ${version}: ${advice}`);
  process.exitCode = 1;
} else {
  import('./run.mjs').then((run) => run.main(process.argv.slice(2)));
}
