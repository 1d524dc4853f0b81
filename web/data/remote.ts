import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { isSignedOut } from "./query-client.ts";

/** What is known of something the server keeps. */
export type Remote<Value> =
  | { readonly kind: "loading" }
  | { readonly kind: "failed"; readonly error: Error; readonly retry: () => void }
  | { readonly kind: "ready"; readonly value: Value };

export type Asking = { readonly signal: AbortSignal };

type How = {
  /** Asks again this often while the page is open. */
  readonly everySeconds?: number;
  /** Shows the last answer while the next one, under another key, is on its way. */
  readonly keepPrevious?: boolean;
  readonly enabled?: boolean;
};

/** Asks the server through the cache. Once there is an answer, it stays while newer ones are fetched. */
export function useRemote<Value>(
  key: readonly unknown[],
  ask: (asking: Asking) => Promise<Value>,
  how: How = {},
): Remote<Value> {
  const query = useQuery<Value>({
    queryKey: key,
    queryFn: ({ signal }) => ask({ signal }),
    refetchInterval: how.everySeconds === undefined ? false : how.everySeconds * 1000,
    enabled: how.enabled ?? true,
    ...(how.keepPrevious === true ? { placeholderData: keepPreviousData } : {}),
  });
  if (query.data !== undefined && !isSignedOut(query.error))
    return { kind: "ready", value: query.data };
  if (query.error !== null) {
    const retry = (): void => void query.refetch();
    return { kind: "failed", error: query.error, retry };
  }
  return { kind: "loading" };
}

/** The value, where it is there already. */
export function valueOf<Value>(remote: Remote<Value>): Value | undefined {
  return remote.kind === "ready" ? remote.value : undefined;
}

/** Two at once: ready when both are. */
export function both<A, B>(a: Remote<A>, b: Remote<B>): Remote<readonly [A, B]> {
  if (a.kind === "failed") return a;
  if (b.kind === "failed") return b;
  if (a.kind === "loading" || b.kind === "loading") return { kind: "loading" };
  return { kind: "ready", value: [a.value, b.value] };
}
