import type { Repository } from "#contracts";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { repositoryPath } from "../../data/image-links.ts";
import { useRepositories, useStatus } from "../../data/queries.ts";
import { valueOf } from "../../data/remote.ts";
import { Command } from "../../ui/command.tsx";
import { DataTable } from "../../ui/data-table.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { Mark } from "../../ui/mark.tsx";
import { Page } from "../../ui/page.tsx";
import { SearchField, useSearch } from "../../ui/search-field.tsx";
import { Time } from "../../ui/time.tsx";

/** Every repository that the reader may pull from. */
export function RepositoriesPage(): ReactNode {
  const repositories = useRepositories();
  return (
    <Page title="Images">
      <Loaded of={repositories} what="repositories" rows={8}>
        {(value) => (value.length === 0 ? <NothingPushed /> : <Searchable repositories={value} />)}
      </Loaded>
    </Page>
  );
}

function Searchable({ repositories }: { repositories: readonly Repository[] }): ReactNode {
  const [text, setText] = useSearch();
  const shown = repositories.filter((r) => r.name.includes(text.trim().toLowerCase()));
  return (
    <>
      <SearchField label="Search repositories" text={text} onSearch={setText} />
      {shown.length === 0 ? (
        <Empty title={`No repository is called “${text}”`}>
          There may be one that you may not pull from: ask an admin.
        </Empty>
      ) : (
        <DataTable
          label="Repositories"
          rows={shown}
          rowKey={(repository) => repository.name}
          columns={[
            {
              key: "name",
              breaks: true,
              header: "Repository",
              cell: ({ name }) => <Link to={repositoryPath(name)}>{name}</Link>,
            },
            { key: "tags", header: "Tags", cell: ({ tags }) => tags },
            {
              key: "trust",
              header: "Signatures",
              cell: ({ hasTrustData }) =>
                hasTrustData ? (
                  <Mark tone="good">has trust data</Mark>
                ) : (
                  <Mark tone="none">nothing signed yet</Mark>
                ),
            },
            { key: "visibility", header: "Visibility", cell: ({ visibility }) => visibility },
            {
              key: "pushed",
              header: "Last push",
              cell: ({ pushedAt }) => (pushedAt === undefined ? "never" : <Time at={pushedAt} />),
            },
          ]}
        />
      )}
    </>
  );
}

function NothingPushed(): ReactNode {
  const host = valueOf(useStatus())?.registryHost ?? "HOST";
  return (
    <Empty title="No image has been pushed yet">
      Name one after this registry, under an account or organization, and push it:
      <Command line={`docker push ${host}/acme/web:1`} />
    </Empty>
  );
}
