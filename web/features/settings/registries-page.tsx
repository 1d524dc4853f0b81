import { Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import type { ReactNode } from "react";
import { useRegistries } from "../../data/queries.ts";
import { useMe } from "../../data/session.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { Page } from "../../ui/page.tsx";
import { RegistryForm } from "./registry-form.tsx";
import { RegistryTable } from "./registry-table.tsx";

/** The registries beside our own whose images may run, once the right people have signed them there. */
export function RegistriesPage(): ReactNode {
  const me = useMe();
  const registries = useRegistries();
  const [opened, dialog] = useDisclosure(false);
  return (
    <Page
      title="Other registries"
      actions={me.isAdmin ? <Button onClick={dialog.open}>Trust a registry</Button> : undefined}
    >
      <Loaded of={registries} what="registries">
        {(value) =>
          value.length === 0 ? (
            <Empty title="No other registry is trusted">
              While only signed images may run, they are images of our own registry. Those of
              another one can run once it is added and the right people have signed them there.
            </Empty>
          ) : (
            <RegistryTable registries={value} mayRemove={me.isAdmin} />
          )
        }
      </Loaded>
      <Dialog opened={opened} onClose={dialog.close} title="Trust a registry" size="lg">
        <RegistryForm onClose={dialog.close} />
      </Dialog>
    </Page>
  );
}
