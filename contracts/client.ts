import type { z } from "zod";
import { apiPrefix, operations, type OperationName, type Operations } from "./api.ts";
import { Problem } from "./problem.ts";

type PathParameters<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Name | PathParameters<Rest>
  : Path extends `${string}:${infer Name}`
    ? Name
    : never;
type Input<Name extends OperationName> = ([PathParameters<Operations[Name]["path"]>] extends [never]
  ? { readonly params?: undefined }
  : { readonly params: Readonly<Record<PathParameters<Operations[Name]["path"]>, string>> }) &
  (Operations[Name] extends { readonly body: infer Body extends z.ZodType }
    ? { readonly body: z.input<Body> }
    : { readonly body?: undefined }) &
  (Operations[Name] extends { readonly query: infer Query extends z.ZodType }
    ? { readonly query: z.input<Query> }
    : { readonly query?: undefined });
type Answer<Name extends OperationName> = z.output<Operations[Name]["answer"]>;

/** An answer that was not 2xx. `status` 0: no answer at all. */
export class ApiError extends Error {
  readonly status: number;
  readonly problem: Problem;

  constructor(status: number, problem: Problem, options?: ErrorOptions) {
    super(problem.message, options);
    this.name = "ApiError";
    this.status = status;
    this.problem = problem;
  }
}

export type ClientOptions = {
  /** `https://localhost:8443`; empty in the browser, where it is the page's own. */
  readonly server: string;
  /** A session's token, for programs; the browser sends its cookie by itself. */
  readonly token?: string;
  readonly fetch?: typeof fetch;
};

export type Client = <Name extends OperationName>(
  name: Name,
  ...rest: Record<never, never> extends Input<Name>
    ? [input?: Input<Name>, options?: { readonly signal?: AbortSignal }]
    : [input: Input<Name>, options?: { readonly signal?: AbortSignal }]
) => Promise<Answer<Name>>;

type LooseInput = {
  readonly params?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
};

/** A typed client of our REST API. Its calls throw `ApiError`; answers are checked before they are given out. */
export function createClient(options: ClientOptions): Client {
  const send = options.fetch ?? fetch;
  const call = async (
    name: OperationName,
    input: LooseInput = {},
    how: { readonly signal?: AbortSignal } = {},
  ): Promise<unknown> => {
    const operation = operations[name];
    const path = operation.path.replaceAll(/:([a-z]+)/g, (_, part: string) =>
      encodeURIComponent(input.params?.[part] ?? ""),
    );
    const query = new URLSearchParams();
    for (const [key, value] of Object.entries(input.query ?? {}))
      if (value !== undefined) query.set(key, String(value));
    const search = query.size > 0 ? `?${query.toString()}` : "";
    let response: Response;
    try {
      response = await send(`${options.server}${apiPrefix}${path}${search}`, {
        method: operation.method,
        headers: {
          accept: "application/json",
          ...(input.body === undefined ? {} : { "content-type": "application/json" }),
          ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
        },
        ...(input.body === undefined ? {} : { body: JSON.stringify(input.body) }),
        ...(how.signal === undefined ? {} : { signal: how.signal }),
      });
    } catch (cause) {
      if (how.signal?.aborted === true) throw cause;
      throw new ApiError(
        0,
        { code: "api/unreachable", message: "the server does not answer" },
        { cause },
      );
    }
    const text = await response.text();
    const value: unknown = text === "" ? undefined : tryJson(text);
    if (!response.ok) throw new ApiError(response.status, problemOf(value, response.status));
    return operation.answer.parse(value);
  };
  // The table gives each name its own types; inside they are one function.
  return call as Client;
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // not ours: a proxy's page, say; the status says what is known
  }
}

function problemOf(value: unknown, status: number): Problem {
  const read = Problem.safeParse(value);
  return read.success
    ? read.data
    : { code: "api/unexpected", message: `the server answered ${status}` };
}
