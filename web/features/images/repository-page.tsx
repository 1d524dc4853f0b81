import type { Tags, TagSummary } from "#contracts";
import { Button } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { Link } from "react-router";
import { tagPath } from "../../data/image-links.ts";
import { useStatus, useTags } from "../../data/queries.ts";
import { valueOf } from "../../data/remote.ts";
import { Command } from "../../ui/command.tsx";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { Digest } from "../../ui/digest.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { Mark } from "../../ui/mark.tsx";
import { Page } from "../../ui/page.tsx";
import { SearchField, useSearch } from "../../ui/search-field.tsx";
import { counted, sizeInWords } from "../../ui/sentences.ts";
import { isMissing } from "../../ui/team-state.ts";
import { Time } from "../../ui/time.tsx";
import { VerdictMark } from "../../ui/verdict.tsx";

const fewTags = 10;
const rowsAtOnce = 100;

/** A repository's tags, down, against the required teams, across. */
export function RepositoryPage({ repository }: { repository: string }): ReactNode {
  const tags = useTags(repository);
  return (
    <Page title={repository} crumbs={[{ to: "/images", label: "Images" }]}>
      <Loaded of={tags} what="tags" rows={8}>
        {(value) =>
          value.tags.length === 0 ? <NoTags name={repository} /> : <Searchable of={value} />
        }
      </Loaded>
    </Page>
  );
}

/** A filter where there are many, and as many rows as can be read. */
function Searchable({ of }: { of: Tags }): ReactNode {
  const [text, setText] = useSearch();
  const [rows, setRows] = useState(rowsAtOnce);
  const found = of.tags.filter((tag) => tag.tag.includes(text.trim()));
  return (
    <>
      {of.tags.length <= fewTags && text === "" ? null : (
        <SearchField label="Search tags" text={text} onSearch={setText} />
      )}
      {found.length === 0 ? (
        <Empty title={`No tag contains “${text}”`} />
      ) : (
        <Matrix of={{ ...of, tags: found.slice(0, rows) }} />
      )}
      {found.length > rows ? (
        <Button
          variant="default"
          style={{ alignSelf: "flex-start" }}
          onClick={() => setRows(rows + rowsAtOnce)}
        >
          Show more of {counted(found.length, "tag")}
        </Button>
      ) : null}
    </>
  );
}

function Matrix({ of }: { of: Tags }): ReactNode {
  const teams = [...new Set(of.tags.flatMap((tag) => tag.verdict.teams.map((t) => t.team)))];
  return (
    <DataTable
      label={`Tags of ${of.repository.name}`}
      rows={of.tags}
      rowKey={(tag) => tag.tag}
      columns={[
        {
          key: "tag",
          header: "Tag",
          cell: ({ tag }) => <Link to={tagPath(of.repository.name, tag)}>{tag}</Link>,
        },
        {
          key: "verdict",
          header: "Here",
          cell: ({ verdict }) => <VerdictMark verdict={verdict} />,
        },
        ...teams.map(teamColumn),
        {
          key: "digest",
          header: "Digest",
          cell: ({ digest, movedSinceSigning }) => (
            <>
              {digest === undefined ? (
                <Mark tone="warn">not in the registry</Mark>
              ) : (
                <Digest value={digest} />
              )}
              {movedSinceSigning ? <Mark tone="warn">moved since signing</Mark> : null}
            </>
          ),
        },
        {
          key: "size",
          header: "Size",
          cell: ({ size }) => (size === undefined ? "" : sizeInWords(size)),
        },
        {
          key: "pushed",
          header: "Pushed",
          cell: ({ pushedAt, pushedBy }) =>
            pushedAt === undefined ? (
              "never"
            ) : (
              <>
                <Time at={pushedAt} />
                {pushedBy === undefined ? null : ` by ${pushedBy}`}
              </>
            ),
        },
      ]}
    />
  );
}

function teamColumn(team: string): Column<TagSummary> {
  return {
    key: `team ${team}`,
    header: team,
    cell: ({ verdict }) => {
      const state = verdict.teams.find((candidate) => candidate.team === team);
      return state === undefined || isMissing(verdict, state) ? (
        <Mark tone="none">missing</Mark>
      ) : (
        <Mark tone="good">{state.signedBy.join(", ")}</Mark>
      );
    },
  };
}

function NoTags({ name }: { name: string }): ReactNode {
  const host = valueOf(useStatus())?.registryHost ?? "HOST";
  return (
    <Empty title="This repository has no tags">
      <Command line={`docker push ${host}/${name}:1`} />
    </Empty>
  );
}
