import { ImagesError, type ImagesErrorCode } from "#adapters/images";
import { RemoteError } from "#adapters/remotes";
import { PublisherError, type PublisherErrorCode } from "#services/publisher";
import { CliError } from "../errors.ts";
import type { ImagePlace } from "../signing/places.ts";

const other = "make it anew, or take the image from somewhere else: --from";

const hints = {
  "images/malformed": other,
  "images/too-large": "nothing was pushed; archives of this size are not read",
  "images/content-differs": "nothing was pushed; do not use it: it is broken, or was changed",
  "images/not-found": "name one that is there",
  "images/ambiguous": "name one of them behind the path, after a colon",
  "images/unreadable": "check the path, and who may read it",
  "images/no-space": "make room there, or set TMPDIR to a folder that has it",
  "publisher/content-missing": "the image is not whole: make it anew",
  "publisher/content-differs": "nothing was tagged; do not use it: it is broken, or was changed",
  "publisher/manifest-invalid": other,
  "publisher/image-too-large": other,
} satisfies Record<ImagesErrorCode | PublisherErrorCode, string>;

/** What went wrong with a push, in the words of whoever asked for it. */
export function inPushWords(
  error: unknown,
  place: ImagePlace,
  account: string | undefined,
): unknown {
  if (error instanceof ImagesError || error instanceof PublisherError) {
    const names = error instanceof ImagesError ? error.names.slice(0, 10).map(printable) : [];
    const there = names.length === 0 ? "" : `: ${names.join(", ")}`;
    const hint = `${hints[error.code]}${there}`;
    return new CliError("cli/image-unreadable", error.message, hint, { cause: error });
  }
  if (!(error instanceof RemoteError)) return error;
  const { cause } = error;
  if (cause instanceof PublisherError || cause instanceof ImagesError)
    return inPushWords(cause, place, account);
  const name = place.isOwn ? place.repository : place.gun;
  if (error.code === "remotes/not-authorized" && place.isOwn && account !== undefined)
    return new CliError(
      "cli/not-allowed",
      `${account} has no right to push to ${name}`,
      "an administrator gives it: countersign team add, to a team with the right to write",
      { cause: error },
    );
  if (error.status === 507 || error.status === 413)
    return new CliError(
      "cli/push-refused",
      `${place.host} has no room for the image`,
      "its administrator makes some; run it again then: what arrived is not sent again",
      { cause: error },
    );
  return error;
}

/** Names from an archive, which may hold anything, on a terminal. */
function printable(name: string): string {
  return name.replaceAll(/[^\x20-\x7e]/g, "?").slice(0, 80);
}
