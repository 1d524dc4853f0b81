import type { AccountName, GatewayPermission } from "#domain/identity";
import type { Options } from "#domain/kernel";
import type { Digest } from "#domain/oci";

/** Who asks. */
export type Caller = {
  readonly account: AccountName;
  readonly isAdmin: boolean;
  readonly permission: GatewayPermission;
};

export interface Callers {
  /**
   * The account whose key the client certificate (DER) carries. Undefined when the key is unknown or revoked,
   * or its account is not active. A throw refuses the request: nobody gets in while we cannot tell.
   */
  identify(certificateDer: Uint8Array, o: Options): Promise<Caller | undefined>;
}

/** What somebody wants an engine to do with an image. */
export type GatewayOperation =
  | "container-create"
  /** Of a container that exists: once more, and perhaps made before there was a policy. */
  | "container-start"
  | "service-create"
  | "service-update"
  | "service-rollback"
  | "pull"
  /** An image that a build starts from, or copies from. */
  | "build"
  | "distribution";

export type JudgeRequest = {
  /** As the client wrote it. */
  readonly image: string;
  readonly by: AccountName;
  readonly operation: GatewayOperation;
  /** The repository digests of a local image, when `image` is its ID. */
  readonly localDigests?: readonly string[];
  /** Its full ID then. */
  readonly imageId?: string;
};

export type Judgement =
  | {
      readonly kind: "run";
      /** What to run: `repository@sha256:…`. */
      readonly reference: string;
      readonly digest: Digest;
      /** Engine image IDs that may stand behind it; a local image with another ID is refused. */
      readonly imageIds?: readonly string[];
    }
  /** No rule is enforced here: the reference is relayed as the client wrote it. */
  | { readonly kind: "as-written" }
  /** The whole text for the user, of one or more lines. */
  | { readonly kind: "refuse"; readonly message: string };

export interface Judge {
  /** A throw refuses the request: what cannot be judged does not run. */
  judge(request: JudgeRequest, o: Options): Promise<Judgement>;
}

/**
 * Whether classic builds may pass: as they are, with every image they start from judged, judged as far as they can be
 * and never refused for what cannot be read, or not at all.
 */
export type BuildPolicy = (
  o: Options,
) => Promise<"allow" | "judge" | "observe" | { readonly refuse: string }>;
