import { Button, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import type { ReactNode } from "react";
import { useAction } from "../../data/action.ts";
import { api } from "../../data/client.ts";
import { useMe } from "../../data/session.tsx";
import { Confirm } from "../../ui/confirm.tsx";

/** States that a repository made anew on purpose is in, as seen from what was there before. */
const suspicious = new Set(["rolled-back", "tampered"]);

type Props = { readonly repository: string; readonly state: string };

/** For admins, where trust data was deleted and made anew: takes the next root as a first one. */
export function ForgetTrust({ repository, state }: Props): ReactNode {
  const me = useMe();
  const [opened, dialog] = useDisclosure(false);
  const forget = useAction(
    async () => await api("forgetTrust", { query: { repository } }).then(() => true),
    { done: () => `What was seen of ${repository} is forgotten` },
  );
  if (!me.isAdmin || !suspicious.has(state)) return null;
  const close = (): void => {
    dialog.close();
    forget.clear();
  };
  return (
    <div>
      <Button variant="default" onClick={dialog.open}>
        Forget what was seen before …
      </Button>
      <Confirm
        opened={opened}
        title={`Forget what was seen of ${repository}?`}
        button="Forget it"
        running={forget.running}
        error={forget.error}
        onClose={close}
        onConfirm={() =>
          void forget.run(undefined).then((done) => {
            if (done === true) close();
          })
        }
      >
        <Text size="sm">
          Do this only if its owners say that they deleted the trust data and made it anew. The root
          it has now is then taken as if it were the first one, whoever made it.
        </Text>
      </Confirm>
    </div>
  );
}
