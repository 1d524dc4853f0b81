import type { Decision } from "#contracts";
import { Button, SegmentedControl, Stack } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useSearchParams } from "react-router";
import { api } from "../../data/client.ts";
import type { Remote } from "../../data/remote.ts";
import { Empty } from "../../ui/empty.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { Page } from "../../ui/page.tsx";
import { counted } from "../../ui/sentences.ts";
import { DecisionTable } from "./decision-table.tsx";
import { effects, tryEffect } from "../../ui/effects.ts";
import { useLiveDecisions } from "./live-decisions.ts";

type Listed = { readonly decisions: readonly Decision[] };

/** What the gates decided, newest first. New ones are announced and come in when asked for. */
export function DecisionsPage(): ReactNode {
  const [search, setSearch] = useSearchParams();
  const wanted = tryEffect(search.get("effect"));
  const list = useDecisionPages();
  const live = useLiveDecisions();
  return (
    <Page title="Decisions">
      <SegmentedControl
        size="xs"
        maw="100%"
        aria-label="Which decisions"
        style={{ alignSelf: "flex-start" }}
        value={wanted ?? "all"}
        onChange={(value) => setSearch(value === "all" ? {} : { effect: value }, { replace: true })}
        data={[
          { value: "all", label: "All" },
          ...Object.entries(effects).map(([value, { filter }]) => ({ value, label: filter })),
        ]}
      />
      <Loaded of={list.listed} what="decisions" rows={10}>
        {({ decisions }) => {
          const known = new Set(decisions.map((decision) => decision.id));
          const fits = (decision: Decision): boolean =>
            wanted === undefined || decision.effect === wanted;
          const fresh = live.filter((decision) => !known.has(decision.id) && fits(decision));
          const shown = decisions.filter(fits);
          return (
            <Stack gap="sm">
              <div aria-live="polite">
                {fresh.length === 0 ? null : (
                  <Button variant="light" size="xs" onClick={list.refresh}>
                    {counted(fresh.length, "new decision")} — show
                  </Button>
                )}
              </div>
              {shown.length > 0 ? (
                <DecisionTable decisions={shown} />
              ) : (
                <NothingHere of={decisions.length} filtered={wanted !== undefined} />
              )}
              {list.more === undefined ? null : (
                <Button
                  variant="default"
                  style={{ alignSelf: "flex-start" }}
                  onClick={list.more}
                  loading={list.loadingMore}
                >
                  Show older ones
                </Button>
              )}
            </Stack>
          );
        }}
      </Loaded>
    </Page>
  );
}

function NothingHere({ of, filtered }: { of: number; filtered: boolean }): ReactNode {
  return filtered && of > 0 ? (
    <Empty title={`None among the newest ${counted(of, "decision")}`}>
      Show all of them, or look at older ones.
    </Empty>
  ) : (
    <Empty title="Nothing has been decided yet">
      Each deployment through the gateway is judged and stands here with its evidence.
    </Empty>
  );
}

type Pages = {
  readonly listed: Remote<Listed>;
  readonly refresh: () => void;
  readonly more: (() => void) | undefined;
  readonly loadingMore: boolean;
};

/** The list in pages. It is never asked again behind the reader's back. */
function useDecisionPages(): Pages {
  const query = useInfiniteQuery({
    queryKey: ["decisions", "pages"],
    queryFn: async ({ pageParam, signal }) =>
      await api(
        "listDecisions",
        { query: pageParam === undefined ? { limit: 50 } : { limit: 50, before: pageParam } },
        { signal },
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next,
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnMount: "always",
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
  const retry = (): void => void query.refetch();
  const listed: Remote<Listed> =
    query.data !== undefined
      ? { kind: "ready", value: { decisions: query.data.pages.flatMap((page) => page.decisions) } }
      : query.error !== null
        ? { kind: "failed", error: query.error, retry }
        : { kind: "loading" };
  return {
    listed,
    refresh: retry,
    more: query.hasNextPage ? () => void query.fetchNextPage() : undefined,
    loadingMore: query.isFetchingNextPage,
  };
}
