import { Autocomplete, Kbd } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { useRef, useState, type ReactNode } from "react";
import { useNavigate } from "react-router";
import { repositoryPath } from "../data/image-links.ts";
import { useRepositories, useTeams, useUsers } from "../data/queries.ts";
import { valueOf } from "../data/remote.ts";
import { teamPath, userPath } from "../ui/account-links.tsx";

/** One field over images and people; `/` goes to it from anywhere. */
export function Search({ onChosen }: { onChosen?: () => void }): ReactNode {
  const [text, setText] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const go = useNavigate();
  useHotkeys([["/", () => field.current?.focus()]]);
  const found = useFindable(text.trim() !== "");
  const choose = (label: string): void => {
    const path = found.get(label);
    if (path === undefined) return;
    setText("");
    onChosen?.();
    void go(path);
  };
  return (
    <Autocomplete
      ref={field}
      aria-label="Search images and people"
      placeholder="Search images and people"
      size="sm"
      leftSection={<IconSearch size={16} aria-hidden />}
      rightSection={<Kbd size="xs">/</Kbd>}
      data={text.trim() === "" ? [] : [...found.keys()]}
      limit={12}
      value={text}
      onChange={setText}
      onOptionSubmit={choose}
      onKeyDown={(event) => {
        if (event.key === "Escape") setText("");
      }}
    />
  );
}

/** What can be found, by what it is called here. Asked only once somebody types. */
function useFindable(enabled: boolean): ReadonlyMap<string, string> {
  const repositories = valueOf(useRepositories(enabled)) ?? [];
  const users = valueOf(useUsers(enabled)) ?? [];
  const teams = valueOf(useTeams(enabled)) ?? [];
  return new Map([
    ...repositories.map((r) => [r.name, repositoryPath(r.name)] as const),
    ...teams.map((t) => [`team ${t.name}`, teamPath(t.name)] as const),
    ...users.map((u) => [`user ${u.name}`, userPath(u.name)] as const),
  ]);
}
