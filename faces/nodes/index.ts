/** For nodes: verdicts to act upon, and what they refused. Each call proves the node's own key. */
export { nodesFace, type NodesParts } from "./nodes-face.ts";
