import { TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useSearchParams } from "react-router";

/** What is searched for on this page: `q` in its address. */
export function useSearch(): readonly [text: string, search: (text: string) => void] {
  const [parameters, setParameters] = useSearchParams();
  const search = (text: string): void =>
    setParameters(text === "" ? {} : { q: text }, { replace: true });
  return [parameters.get("q") ?? "", search];
}

type Props = {
  /** Also its name: `Search tags`. */
  readonly label: string;
  readonly text: string;
  readonly onSearch: (text: string) => void;
};

/** Narrows the list below it while somebody types. */
export function SearchField({ label, text, onSearch }: Props): ReactNode {
  return (
    <TextInput
      type="search"
      aria-label={label}
      placeholder={label}
      leftSection={<IconSearch size={16} aria-hidden />}
      maw={360}
      value={text}
      onChange={(event) => onSearch(event.target.value)}
    />
  );
}
