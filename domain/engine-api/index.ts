/** The Docker Engine API: each operation's class, where its images sit, strict reading, canonical writing. Pure. */
export {
  isFormContentType,
  maxBodyBytesOf,
  readEngineBody,
  storedServiceSpec,
  writeEngineBody,
  type BodyKind,
  type EngineBody,
} from "./body.ts";
export { classify, formatTarget, type Classified, type Unclassified } from "./classify.ts";
export { readDockerfile, refusalOfTrigger, type BuildBase, type Dockerfile } from "./dockerfile.ts";
export type { DockerfileArguments } from "./dockerfile-words.ts";
export { EngineApiError, type EngineApiErrorCode } from "./errors.ts";
export { hostEscapesOf, hostReachOf, type HostEscape } from "./host-escapes.ts";
export { imagesOf, withImages, type ImageUse } from "./images.ts";
export { at } from "./json-path.ts";
export type { Needed, Operation, OperationClass } from "./operations.ts";
export { networksOf } from "./networks.ts";
export { formatQuery, single, type Query } from "./query.ts";
export { parsePullRequest, pullQuery, type PullRequest } from "./pull.ts";
export { containersOf, withContainers, type ContainerUse } from "./sharing.ts";
export { isHarmlessDriver, volumesOf } from "./volumes.ts";
