import { AddKey } from "#contracts";
import { Button, Code, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDisclosure } from "@mantine/hooks";
import type { ReactNode } from "react";
import { Dialog } from "../../ui/dialog.tsx";
import { useAction } from "../../data/action.ts";
import { api } from "../../data/client.ts";
import { useMe } from "../../data/session.tsx";
import { checkedBy, fieldErrorOf } from "../../ui/form-errors.ts";
import { FormFoot } from "../../ui/form-foot.tsx";

/** Takes in a public key that was made elsewhere. */
export function AddKeyDialog({ user }: { user: string }): ReactNode {
  const [opened, dialog] = useDisclosure(false);
  return (
    <>
      <Button variant="default" onClick={dialog.open}>
        Add a public key
      </Button>
      <Dialog opened={opened} onClose={dialog.close} title="Add a public key" size="lg">
        <KeyForm user={user} onClose={dialog.close} />
      </Dialog>
    </>
  );
}

function KeyForm({ user, onClose }: { user: string; onClose: () => void }): ReactNode {
  const { isAdmin } = useMe();
  const form = useForm({ initialValues: { label: "", pem: "" }, validate: checkedBy(AddKey) });
  const add = useAction(
    async (body: { label: string; pem: string }) => await api("addKey", { params: { user }, body }),
    { done: (key) => `Key “${key.label}” is added` },
  );
  const error = fieldErrorOf(add.error, ["label", "pem"]);
  return (
    <form
      noValidate
      onChange={add.clear}
      onSubmit={form.onSubmit(
        (values) =>
          void add.run(values).then((key) => {
            if (key !== undefined) onClose();
          }),
      )}
    >
      <Stack>
        <Text size="sm">
          For a key made on another machine or in a hardware token. Signatures made with it count as{" "}
          {user}’s. Never paste a private key.
        </Text>
        <Text size="sm">
          {isAdmin
            ? "You answer for whose key it is. Who adds one to their own account shows a certificate request:"
            : "Show that you have its private half with a certificate request, or ask an admin to add the key:"}
        </Text>
        <Code block>{`openssl req -new -key key.pem -subj "/O=${location.host}/CN=${user}"`}</Code>
        <TextInput
          label="Label"
          data-autofocus
          autoComplete="off"
          {...form.getInputProps("label")}
          {...(error?.["label"] === undefined ? {} : { error: error["label"] })}
        />
        <Textarea
          label={isAdmin ? "Public key or certificate" : "Certificate request"}
          description="PEM: the text between and with the lines BEGIN and END"
          rows={8}
          spellCheck={false}
          styles={{ input: { fontFamily: "var(--cs-mono)", fontSize: "0.8rem" } }}
          {...form.getInputProps("pem")}
          {...(error?.["pem"] === undefined ? {} : { error: error["pem"] })}
        />
        <FormFoot
          action="Add key"
          running={add.running}
          error={error === undefined ? add.error : undefined}
          onCancel={onClose}
        />
      </Stack>
    </form>
  );
}
