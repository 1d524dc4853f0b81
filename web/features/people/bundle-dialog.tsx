import { CreateBundle, type Bundle } from "#contracts";
import { Alert, Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDisclosure } from "@mantine/hooks";
import { IconDownload, IconKey } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { Dialog } from "../../ui/dialog.tsx";
import { useAction } from "../../data/action.ts";
import { api } from "../../data/client.ts";
import { useMe } from "../../data/session.tsx";
import { Command } from "../../ui/command.tsx";
import { downloadZip } from "../../ui/download.ts";
import { checkedBy, fieldErrorOf } from "../../ui/form-errors.ts";
import { Problem } from "../../ui/problem.tsx";

/** Makes a client bundle and hands it over, once. */
export function BundleDialog({ user }: { user: string }): ReactNode {
  const [opened, dialog] = useDisclosure(false);
  const [bundle, setBundle] = useState<Bundle>();
  const close = (): void => {
    dialog.close();
    setBundle(undefined); // the private key leaves the page with the dialog
  };
  return (
    <>
      <Button leftSection={<IconKey size={16} aria-hidden />} onClick={dialog.open}>
        New client bundle
      </Button>
      <Dialog
        opened={opened}
        onClose={close}
        title={bundle === undefined ? "New client bundle" : "The bundle is ready"}
        closeOnClickOutside={bundle === undefined}
      >
        {bundle === undefined ? (
          <LabelForm user={user} onMade={setBundle} onCancel={close} />
        ) : (
          <Ready bundle={bundle} onClose={close} />
        )}
      </Dialog>
    </>
  );
}

type FormProps = {
  readonly user: string;
  readonly onMade: (bundle: Bundle) => void;
  readonly onCancel: () => void;
};

function LabelForm({ user, onMade, onCancel }: FormProps): ReactNode {
  const me = useMe();
  const form = useForm({ initialValues: { label: "" }, validate: checkedBy(CreateBundle) });
  const create = useAction(
    async (body: { label: string }) => await api("createBundle", { params: { user }, body }),
  );
  const make = async (body: { label: string }): Promise<void> => {
    const bundle = await create.run(body);
    if (bundle === undefined) return;
    downloadZip(bundle.bundle);
    onMade(bundle);
  };
  const error = fieldErrorOf(create.error, ["label"]);
  return (
    <form noValidate onSubmit={form.onSubmit((values) => void make(values))}>
      <Stack>
        <Text size="sm">
          A new key for {user === me.name ? "you" : user}, with a certificate for the Docker gateway
          and the files that a client needs.
        </Text>
        <TextInput
          label="Label"
          description="Where it will be used, so that it can be told from others: laptop, CI …"
          data-autofocus
          autoComplete="off"
          {...form.getInputProps("label")}
          {...(error === undefined ? {} : { error: error["label"] })}
        />
        {create.error === undefined || error !== undefined ? null : (
          <Problem error={create.error} />
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onCancel}>
            Cancel
          </Button>
          <Button type="submit" loading={create.running}>
            Create and download
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function Ready({ bundle, onClose }: { bundle: Bundle; onClose: () => void }): ReactNode {
  return (
    <Stack>
      <Alert color="warn" variant="outline" title="Keep these files: this is the only time">
        <Text size="sm">
          The private key is in them and nowhere else. The server did not keep it, so they cannot be
          fetched again; if they are lost, revoke the key and make a new bundle.
        </Text>
      </Alert>
      <Group>
        <Button
          leftSection={<IconDownload size={16} aria-hidden />}
          onClick={() => downloadZip(bundle.bundle)}
        >
          Download the bundle
        </Button>
        <Button
          variant="default"
          leftSection={<IconDownload size={16} aria-hidden />}
          onClick={() => downloadZip(bundle.context)}
        >
          Download the Docker context
        </Button>
      </Group>
      <Text size="sm">Unpack the bundle and use it in a shell:</Text>
      <Command line={`unzip ${bundle.bundle.fileName} -d bundle && cd bundle && . ./env.sh`} />
      <Text size="sm">Or take the second archive as a Docker context:</Text>
      <Command line={`docker context import countersign ${bundle.context.fileName}`} />
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          Done
        </Button>
      </Group>
    </Stack>
  );
}
