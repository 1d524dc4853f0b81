import type { Policy, Tags, User } from "#contracts";
import { Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { api } from "../../data/client.ts";
import { tagPath } from "../../data/image-links.ts";
import { useRemote, type Asking, type Remote } from "../../data/remote.ts";
import { useMe } from "../../data/session.tsx";
import { Card } from "../../ui/card.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { counted } from "../../ui/sentences.ts";
import { missingTeams } from "../../ui/team-state.ts";
import { Time } from "../../ui/time.tsx";
import styles from "./lists.module.css";

/** As many repositories, the last pushed first, are looked through. */
const maxRepositories = 20;
const maxShown = 8;

type Waiting = { readonly repository: string; readonly tag: string; readonly pushedAt?: number };

/** For members of a required team: the tags that miss nobody but their team. */
export function WaitingForMe({ policy }: { policy: Policy }): ReactNode {
  const me = useMe();
  const mine = policy.requiredTeams.filter((team) => me.teams.includes(team));
  return mine.length === 0 ? null : <MyTags me={me} />;
}

function MyTags({ me }: { me: User }): ReactNode {
  const waiting: Remote<readonly Waiting[]> = useRemote(
    ["tags", "waiting", me.name],
    async (asking) => await waitingFor(me, asking),
  );
  return (
    <Card title="Waits for your signature">
      <Loaded of={waiting} what="what waits for you" rows={3}>
        {(value) =>
          value.length === 0 ? (
            <Text size="sm" c="dimmed">
              Nothing waits for you in the repositories pushed to last.
            </Text>
          ) : (
            <>
              <Text size="sm">
                {counted(value.length, "tag")} {value.length === 1 ? "misses" : "miss"} only your
                team.
              </Text>
              <ul className={styles["rows"]}>
                {value.slice(0, maxShown).map(({ repository, tag, pushedAt }) => (
                  <li key={`${repository}:${tag}`}>
                    <Link to={tagPath(repository, tag)}>
                      <code>
                        {repository}:{tag}
                      </code>
                    </Link>
                    <span className={styles["aside"]}>
                      {pushedAt === undefined ? null : <Time at={pushedAt} />}
                    </span>
                  </li>
                ))}
              </ul>
            </>
          )
        }
      </Loaded>
    </Card>
  );
}

async function waitingFor(me: User, asking: Asking): Promise<readonly Waiting[]> {
  const repositories = (await api("listRepositories", {}, asking))
    .filter((repository) => repository.tags > 0)
    .toSorted((a, b) => (b.pushedAt ?? 0) - (a.pushedAt ?? 0))
    .slice(0, maxRepositories);
  const pages = await Promise.all(
    repositories.map(({ name }) => api("tags", { query: { repository: name } }, asking)),
  );
  return pages.flatMap((page) => missingOnly(me, page));
}

function missingOnly(me: User, { repository, tags }: Tags): readonly Waiting[] {
  return tags
    .filter(({ verdict }) => {
      const missing = missingTeams(verdict);
      const isMine = missing.every(
        ({ team, signedBy }) => me.teams.includes(team) && !signedBy.includes(me.name),
      );
      return missing.length > 0 && isMine;
    })
    .map(({ tag, pushedAt }) => ({
      repository: repository.name,
      tag,
      ...(pushedAt === undefined ? {} : { pushedAt }),
    }));
}
