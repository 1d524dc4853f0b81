import type { AccountName } from "#domain/identity";
import { formatReference, gunOf, pinned, tryReference, type Digest } from "#domain/oci";
import type { Caller, Callers, Judge, Judgement, JudgeRequest } from "#faces/gateway";
import { X509Certificate } from "node:crypto";

/** A judge for tests of the gateway: a table of what is signed. */
export type TableJudge = Judge & {
  mode: "enforce" | "off" | "broken";
  /** `host/repository:tag` and the digest that is signed for it. */
  readonly signed: Map<string, Digest>;
  /** The engine image IDs behind a digest, where they are known. */
  readonly imageIds: Map<Digest, readonly string[]>;
  /** Every question, in order. */
  readonly asked: JudgeRequest[];
};

export function tableJudge(): TableJudge {
  const judge: TableJudge = {
    mode: "enforce",
    signed: new Map(),
    imageIds: new Map(),
    asked: [],
    judge: async (request) => {
      judge.asked.push(request);
      if (judge.mode === "broken") throw new Error("the trust data could not be read");
      if (judge.mode === "off") return { kind: "as-written" };
      return decide(judge, request);
    },
  };
  return judge;
}

function decide(judge: TableJudge, request: JudgeRequest): Judgement {
  for (const name of request.localDigests ?? [request.image]) {
    const found = admitted(judge, name);
    if (found !== undefined) return found;
  }
  const message = `${request.image} is not signed\nit needs signatures of qa and security`;
  return { kind: "refuse", message };
}

function admitted(judge: TableJudge, name: string): Judgement | undefined {
  const reference = tryReference(name);
  if (reference === undefined) return undefined;
  const gun = gunOf(reference);
  const released = [...judge.signed].filter(([key]) => key.startsWith(`${gun}:`));
  const digest =
    reference.digest === undefined
      ? judge.signed.get(`${gun}:${reference.tag ?? "latest"}`)
      : released.find(([, signed]) => signed === reference.digest)?.[1];
  if (digest === undefined) return undefined;
  const imageIds = judge.imageIds.get(digest);
  return {
    kind: "run",
    reference: formatReference(pinned(reference, digest)),
    digest,
    ...(imageIds === undefined ? {} : { imageIds }),
  };
}

/** Callers by certificate. */
export type TableCallers = Callers & {
  /** By the certificate's `fingerprint256`. */
  readonly known: Map<string, Caller>;
  isBroken: boolean;
};

export function tableCallers(): TableCallers {
  const callers: TableCallers = {
    known: new Map(),
    isBroken: false,
    identify: async (der) => {
      if (callers.isBroken) throw new Error("the accounts could not be read");
      return callers.known.get(new X509Certificate(der).fingerprint256);
    },
  };
  return callers;
}

export function caller(name: string, permission: Caller["permission"], isAdmin = false): Caller {
  return { account: name as AccountName, permission, isAdmin };
}
