import type { CodedError } from "#domain/kernel";
import type { RemoteErrorCode } from "#adapters/remotes";
import type { SignerErrorCode, TrustServerErrorCode } from "#services/signer";

type Code = SignerErrorCode | TrustServerErrorCode | RemoteErrorCode;
type Words = { readonly message?: string; readonly hint: string };

const login = "countersign login USER (for another registry: docker login HOST)";
const reach = "check the image's host, --server, --ca and --trust-server; try again";
const theirs = "the server's log says more; try again, and tell its administrator";

/** What to do about each fault of signing, and what happened where the error itself is not for people. */
const words = {
  "signer/passphrase-wrong": {
    hint: "on a terminal it is asked for; else set COUNTERSIGN_PASSPHRASE_FILE",
  },
  "signer/passphrase-missing": {
    hint: "on a terminal it is asked for; else set COUNTERSIGN_PASSPHRASE_FILE",
  },
  "signer/key-unreadable": { hint: "give a private key as PEM, as key.pem of a client bundle" },
  "signer/key-unsuitable": { hint: "sign with a P-256 key, as those of client bundles are" },
  "signer/key-missing": {
    message: "no key that may sign this is held here",
    hint: "countersign signer list REPOSITORY shows whose keys may sign",
  },
  "signer/key-unknown": { hint: "check --trust-dir: the key is not there" },
  "signer/change-refused": { hint: "countersign inspect REPOSITORY shows its roles" },
  "signer/directory-broken": { hint: "check --trust-dir: its disk, its owner and its modes" },
  "signer/directory-busy": { hint: "try again when the other command is done" },
  "signer/repository-unsound": {
    hint: "do not sign on top of it: ask who runs the trust server what happened to it",
  },
  "signer/repository-exists": { hint: "nothing needs to be made: sign" },
  "signer/repository-unknown": { hint: "countersign sign IMAGE begins it" },
  "signer/offline": { hint: reach },
  "signer/backup-unreadable": { hint: "nothing was changed; try another copy of the backup" },
  "signer/backup-version": { hint: "nothing was changed; install a newer countersign" },
  "signer/backup-locked": {
    hint: "nothing was changed; the passphrase is the one of the backup, not of a key",
  },
  "signer/token-unusable": {
    hint: "check the token, --pkcs11-module and --pkcs11-token: countersign key tokens",
  },
  "signer/pin-wrong": {
    hint: "it was tried once; a token locks itself after a few wrong ones",
  },
  "trust-server/unreachable": { message: "the trust server does not answer", hint: reach },
  "trust-server/unauthorized": {
    message: "the trust server does not let this account do that",
    hint: login,
  },
  "trust-server/rejected": { hint: theirs },
  "trust-server/conflict": {
    message: "others keep publishing to this repository",
    hint: "nothing was signed; try again",
  },
  "trust-server/absent": {
    message: "there is no trust server, or no trust data of that name",
    hint: "check the name, and --trust-server",
  },
  "trust-server/unexpected": { hint: theirs },
  "remotes/address-invalid": { hint: "write it as https://host:port" },
  "remotes/tls-invalid": { hint: "the CA file has to hold PEM certificates: check --ca" },
  "remotes/unreachable": { message: "the registry does not answer", hint: reach },
  "remotes/too-slow": { message: "the registry does not answer in time", hint: reach },
  "remotes/not-authorized": {
    message: "the registry does not let this account do that",
    hint: login,
  },
  "remotes/answer-unexpected": { hint: theirs },
  "remotes/challenge-unknown": { hint: "its registry asks for a sign-in that is not known here" },
  "remotes/content-differs": { hint: "do not use what it gave; tell the registry's administrator" },
  "remotes/content-unreadable": { hint: "check what is to be sent" },
  "remotes/content-too-large": { hint: "the registry's administrator knows its limits" },
  "remotes/credentials-broken": { hint: "docker login HOST writes them anew" },
} satisfies Record<Code, Words>;

const byCode: ReadonlyMap<string, Words> = new Map(Object.entries(words));

/** The words for an error of signing; nothing for any other. */
export function signingReport(error: CodedError): Partial<Words> {
  const found = byCode.get(error.code) ?? {};
  const { validation } = error as { validation?: { name: string; message: string } };
  if (validation === undefined) return found;
  return { ...found, message: `${error.message} (${validation.name}: ${validation.message})` };
}
