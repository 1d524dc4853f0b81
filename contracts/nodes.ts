import { z } from "zod";
import { Digest } from "./names.ts";

/** What a node asks the server about, and tells it. Not for people: each call proves the node's own key. */
export const nodeVerdictsPath = "/api/v1/node/verdicts";
export const nodeRefusalsPath = "/api/v1/node/refusals";
/** `typ` of the proof in `Authorization`: a JWT that the node's key signs anew for each call. */
export const nodeProofType = "countersign-node+jwt";
/** Whom such a proof is for: one server, and no other that knows the same key. */
export const nodeAudience = (registryHost: string): string => `countersign-node:${registryHost}`;

const Image = z.string().min(1).max(600);

export const NodeQuestion = z.strictObject({
  /** The image as it is written in the request or the container. */
  image: Image,
  operation: z.string().max(60),
  /** Of an image that the engine holds: its ID, and the repository digests that it is known by there. */
  imageId: Image.optional(),
  localDigests: z.array(Image).max(64).optional(),
});
export type NodeQuestion = z.infer<typeof NodeQuestion>;

export const NodeAnswer = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("run"),
    /** `repository@sha256:…` */
    reference: z.string(),
    digest: Digest,
    /** The IDs that an engine may show for it. */
    imageIds: z.array(z.string()).optional(),
  }),
  z.object({ kind: z.literal("as-written") }),
  z.object({ kind: z.literal("refuse"), message: z.string() }),
]);
export type NodeAnswer = z.infer<typeof NodeAnswer>;

/** Something that was refused on a node, told when the server could be reached. */
export const NodeRefusal = z.strictObject({
  gate: z.enum(["engine-plugin", "runtime-guard"]),
  operation: z.string().max(100),
  image: Image,
  localDigests: z.array(Image).max(64).optional(),
  message: z.string().max(4_000),
});
export type NodeRefusal = z.infer<typeof NodeRefusal>;
export const NodeRefusals = z.strictObject({ refusals: z.array(NodeRefusal).max(20) });
