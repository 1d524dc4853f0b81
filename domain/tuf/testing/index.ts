/** An owner of a repository with all keys, for tests: signs what is right and what is wrong. */
export { certifiedKey, testKey, type KeyKind, type TestKey } from "./keys.ts";
export {
  keysOf,
  serve,
  signRoot,
  signTargets,
  testRepository,
  type TestRepository,
} from "./repository.ts";
