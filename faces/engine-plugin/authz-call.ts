import { Readable } from "node:stream";
import { z } from "zod";
import type { AskedRequest } from "#faces/gateway";

/** A call of the Engine API as the engine shows it to its plugins: the path raw, the body where it has one for us. */
export type AuthzCall = {
  readonly method: string;
  readonly target: string;
  readonly headers: ReadonlyMap<string, string>;
  /** Absent: the engine shows none, which does not mean that there is none. */
  readonly body: Uint8Array | undefined;
};

const AuthzRequest = z.object({
  RequestMethod: z.string(),
  RequestUri: z.string(),
  RequestHeaders: z.record(z.string(), z.string()).nullish(),
  RequestBody: z.base64().nullish(),
});

/** Reads what the engine sends to `/AuthZPlugin.AuthZReq`; undefined for anything else. */
export function readAuthzCall(text: string): AuthzCall | undefined {
  try {
    const read = AuthzRequest.parse(JSON.parse(text));
    const entries = Object.entries(read.RequestHeaders ?? {});
    const headers = new Map(entries.map(([name, value]) => [name.toLowerCase(), value]));
    if (headers.size !== entries.length) return undefined;
    const { RequestBody: body } = read;
    return {
      method: read.RequestMethod,
      target: read.RequestUri,
      headers,
      body: typeof body === "string" ? Buffer.from(body, "base64") : undefined,
    };
  } catch {
    return undefined; // whoever asks gets a refusal that says so
  }
}

/** The call as the gateway's chain reads requests. */
export function requestOf({ headers, body }: AuthzCall): AskedRequest {
  const chunks = body === undefined || body.length === 0 ? [] : [Buffer.from(body)];
  return Object.assign(Readable.from(chunks), { headers: Object.fromEntries(headers) });
}
