/** A server that answers as ours would, and a command line to try on it. */
export { commandLine, type CommandLine, type Ran } from "./command-line.ts";
export { fixtureServer, Refusal, type Answers, type FixtureServer } from "./fixture-server.ts";
export * as samples from "./samples.ts";
