/** On a node: answers the engine, which asks before every call, and the runtime guard, before every container. */
export { guardScript } from "./guard-script.ts";
export { listenOnNode, type EnginePluginOptions } from "./listen.ts";
export { secretHeader, type EnginePluginParts, type LocalPermission } from "./ports.ts";
export { storedContainers, type StoredContainers } from "./stored-container.ts";
