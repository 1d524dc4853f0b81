import { packageVersion } from "#adapters/io";
import type { Invocation } from "../invocation.ts";

/** The client whose commands, files and answers these are, and what this one is. */
const version = `0.7.0+countersign.${packageVersion}`;
const runsOn = `none (Node.js ${process.versions.node})`;

export function versionLine(): string {
  return `notary Version: ${version}, Git commit: , Go version: ${runsOn}\n`;
}

export function run({ world }: Invocation): Promise<void> {
  world.out(`notary\n Version:    ${version}\n Git commit: \n Go version: ${runsOn}\n`);
  return Promise.resolve();
}
