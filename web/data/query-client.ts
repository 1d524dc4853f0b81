import { ApiError } from "#contracts";
import { QueryCache, QueryClient } from "@tanstack/react-query";

const freshMs = 5_000;

/** The cache of what the server said. Any "not signed in" on the way makes the session be asked again. */
export function createQueryClient(): QueryClient {
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({
      onError: (error, query) => {
        if (isSignedOut(error) && query.queryKey[0] !== "session")
          void client.invalidateQueries({ queryKey: ["session"] });
      },
    }),
    defaultOptions: {
      queries: {
        staleTime: freshMs,
        retry: (count, error) => count < 1 && isPassing(error),
        retryDelay: 400,
      },
    },
  });
  return client;
}

/** Whether the server wants a sign-in first. */
export function isSignedOut(error: unknown): boolean {
  return error instanceof ApiError && error.status === 401;
}

function isPassing(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 0 || error.status >= 500);
}
