import { strToU8, zipSync, type Zippable } from "fflate";
import type { AccountName } from "#domain/identity";
import type { Instant } from "#domain/kernel";

export type BundleParts = {
  readonly account: AccountName;
  /** What goes into `DOCKER_HOST`: `tcp://localhost:2376`. */
  readonly gateway: string;
  /** Verifies the certificates of the gateway and of the registry. */
  readonly caPem: string;
  readonly certificatePem: string;
  readonly privateKeyPem: string;
  readonly publicKeyPem: string;
  readonly madeAt: Instant;
};

const unix = 3;
const fileMode = 0o100_644;
const secretMode = 0o100_600;
const earliestZipDate = Date.UTC(1980, 0, 2);

/** The bundle: credentials, and scripts that make a shell use them. */
export function bundleZip(parts: BundleParts): Uint8Array {
  return zip(
    [
      ["ca.pem", parts.caPem],
      ["cert.pem", parts.certificatePem],
      ["key.pem", parts.privateKeyPem],
      ["cert.pub", parts.publicKeyPem],
      ["env.sh", shellScript(parts)],
      ["env.ps1", powerShellScript(parts)],
      ["env.cmd", commandScript(parts)],
    ],
    parts.madeAt,
  );
}

/** What `docker context import` takes: these files and no other, or it refuses the archive. */
export function contextZip(parts: BundleParts): Uint8Array {
  const meta = {
    Name: "countersign",
    Metadata: { Description: `Countersign gateway, as ${parts.account}` },
    Endpoints: { docker: { Host: parts.gateway, SkipTLSVerify: false } },
  };
  return zip(
    [
      ["meta.json", JSON.stringify(meta)],
      ["tls/docker/ca.pem", parts.caPem],
      ["tls/docker/cert.pem", parts.certificatePem],
      ["tls/docker/key.pem", parts.privateKeyPem],
    ],
    parts.madeAt,
  );
}

function zip(files: readonly (readonly [string, string])[], madeAt: Instant): Uint8Array {
  const mtime = Math.max(madeAt, earliestZipDate);
  const entries: Zippable = {};
  for (const [name, text] of files) {
    const mode = name.endsWith("key.pem") ? secretMode : fileMode;
    entries[name] = [strToU8(text), { mtime, os: unix, attrs: mode * 2 ** 16 }];
  }
  return zipSync(entries);
}

/**
 * Sourced by bash or zsh from anywhere, or given to `eval` in its own directory by any POSIX shell: then
 * there is no file to ask for the directory, or the file is a script that has nothing to do with it.
 */
function shellScript({ account, gateway }: BundleParts): string {
  return `# Countersign client bundle of ${account} for ${gateway}
#
# Run this in the directory of the bundle:
#   eval "$(<env.sh)"
# or from anywhere, in bash or zsh:
#   source path/to/env.sh

_countersign_file="\${BASH_SOURCE:-}"
if [ -n "\${ZSH_VERSION:-}" ]; then eval '_countersign_file="\${(%):-%x}"'; fi
case "$_countersign_file" in
  env.sh | */env.sh) _countersign_directory="$(CDPATH= cd -- "$(dirname -- "$_countersign_file")" && pwd)" ;;
  *) _countersign_directory="$PWD" ;;
esac
export DOCKER_TLS_VERIFY=1
export COMPOSE_TLS_VERSION=TLSv1_2
export DOCKER_CERT_PATH="$_countersign_directory"
export DOCKER_HOST=${gateway}
unset DOCKER_CONTEXT _countersign_file _countersign_directory
`;
}

function powerShellScript({ account, gateway }: BundleParts): string {
  return crlf(`# Countersign client bundle of ${account} for ${gateway}
#
# Usage:
#   Import-Module .\\env.ps1

$Env:DOCKER_TLS_VERIFY = "1"
$Env:COMPOSE_TLS_VERSION = "TLSv1_2"
$Env:DOCKER_CERT_PATH = $PSScriptRoot
$Env:DOCKER_HOST = "${gateway}"
Remove-Item Env:DOCKER_CONTEXT -ErrorAction SilentlyContinue
`);
}

function commandScript({ account, gateway }: BundleParts): string {
  return crlf(`@echo off
rem Countersign client bundle of ${account} for ${gateway}
rem
rem Usage:
rem   env.cmd

set DOCKER_TLS_VERIFY=1
set COMPOSE_TLS_VERSION=TLSv1_2
set DOCKER_CERT_PATH=%~dp0.
set DOCKER_HOST=${gateway}
set DOCKER_CONTEXT=
`);
}

function crlf(text: string): string {
  return text.replaceAll("\n", "\r\n");
}
