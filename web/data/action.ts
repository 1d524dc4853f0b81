import { ApiError } from "#contracts";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";

export type Action<Input, Output> = {
  readonly run: (input: Input) => Promise<Output | undefined>;
  readonly running: boolean;
  /** What the last run gave. */
  readonly result: Output | undefined;
  readonly error: Error | undefined;
  readonly clear: () => void;
};

type How<Input, Output> = {
  /** The sentence of the toast, once it is done. */
  readonly done?: (output: Output, input: Input) => string;
  /** It only asks: nothing on the server changes. */
  readonly readsOnly?: boolean;
};

/** Something the user does. When it is done, whatever is shown is asked again; `run` gives undefined when it failed. */
export function useAction<Input, Output>(
  act: (input: Input) => Promise<Output>,
  how: How<Input, Output> = {},
): Action<Input, Output> {
  const cache = useQueryClient();
  const mutation = useMutation<Output, Error, Input>({
    mutationFn: act,
    onSuccess: (output, input) => {
      if (how.readsOnly !== true) void cache.invalidateQueries();
      const message = how.done?.(output, input);
      if (message !== undefined) notifications.show({ message, withBorder: true });
    },
  });
  return {
    run: async (input) => {
      try {
        return await mutation.mutateAsync(input);
      } catch {
        return undefined; // shown from `error`, where the user is looking
      }
    },
    running: mutation.isPending,
    result: mutation.data,
    error: mutation.error ?? undefined,
    clear: mutation.reset,
  };
}

/** The server's code of a refusal, where it is one. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof ApiError ? error.problem.code : undefined;
}
