import type { ReactNode } from "react";
import { Link } from "react-router";
import { shortDigest } from "./short-digest.ts";

type Props = { readonly image: string; readonly to?: string | undefined };

/** An image as it was written, its digest shortened; a link where it has a page here. */
export function ImageName({ image, to }: Props): ReactNode {
  const at = image.indexOf("@");
  const shown = at < 0 ? image : `${image.slice(0, at)}@${shortDigest(image.slice(at + 1))}`;
  const name = <code title={image}>{shown}</code>;
  return to === undefined ? name : <Link to={to}>{name}</Link>;
}
