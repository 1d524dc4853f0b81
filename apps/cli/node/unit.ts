/** The service that answers the engine and the guard: there before the engine, and again at once if it ends. */
export function unitText(program: readonly string[], config: string): string {
  const command = [...program, "engine-plugin", "--config", config].map(quoted).join(" ");
  return `[Unit]
Description=Countersign on this node: judges what its Docker engine runs
Before=docker.service
After=network-online.target
Wants=network-online.target

[Service]
ExecStart=${command}
Restart=always
RestartSec=1
RuntimeDirectory=countersign
RuntimeDirectoryMode=0700
StateDirectory=countersign-node
StateDirectoryMode=0700
UMask=0077
NoNewPrivileges=yes
ProtectKernelTunables=yes
OOMScoreAdjust=-900

[Install]
WantedBy=multi-user.target
RequiredBy=docker.service
`;
}

function quoted(word: string): string {
  const text = word.replaceAll("%", "%%").replaceAll("$", "$$$$");
  return /^[\w./:=%$-]+$/.test(text) ? text : `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}
