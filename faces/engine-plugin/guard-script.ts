/**
 * The runtime guard: what the engine calls in the place of runc. A shell and curl, for a node has both and
 * they start in a few milliseconds. Whatever is not a plain yes is a no.
 */
export function guardScript(options: {
  readonly guardSocket: string;
  /** The runtime behind it. */
  readonly runc: string;
}): string {
  return template
    .replace("@SOCKET@", () => quoted(options.guardSocket))
    .replace("@RUNC@", () => quoted(options.runc));
}

const template = `#!/bin/sh
# Countersign's runtime guard: asks whether a container may be made, then hands over to the runtime.
# Written by "countersign node install"; changes are lost.
socket=@SOCKET@
runc=@RUNC@
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH

judged= log= previous= id=
for argument; do
  case $argument in
    create | run | restore) judged=yes ;;
    --log=*) log=\${argument#--log=} ;;
  esac
  [ "$previous" = --log ] && log=$argument
  previous=$argument
  id=$argument
done
[ -z "$judged" ] && exec "$runc" "$@"

answer=$(printf %s "$id" | curl -q -s --noproxy '*' --max-time 25 --unix-socket "$socket" \\
  -H 'content-type: text/plain' --data-binary @- -w '\\n%{http_code}' http://guard/admit 2>/dev/null)
newline='
'
status=\${answer##*"$newline"}
[ "$status" = 200 ] && exec "$runc" "$@"

words=\${answer%"$newline"*}
[ "$status" = 403 ] && [ -n "$words" ] ||
  words='{"level":"error","msg":"the Countersign plugin on this node does not answer, so nothing starts: systemctl status countersign-node"}'
printf '%s\\n' "$words" >&2
[ -n "$log" ] && printf '%s\\n' "$words" >>"$log"
exit 1
`;

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
